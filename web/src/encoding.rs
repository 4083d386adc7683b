//! Content encodings: negotiated by `Accept-Encoding`, each created once.

use std::{
    io::{self, Write as _},
    sync::{Arc, OnceLock},
};

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

/// Smaller bodies are not encoded.
const MIN_BYTES: usize = 512;
/// Larger bodies are encoded on a blocking thread.
const MAX_INLINE_BYTES: usize = 256 * 1024;

/// A content encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

/// How much time is spent on an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// For the body of one response.
    Quick,
    /// For a body that is stored and sent many times.
    Thorough,
}

impl Encoding {
    /// In order of preference: by size for stored bodies, by speed for others.
    const BY_SIZE: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];
    const BY_SPEED: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// The best encoding that the client accepts (RFC 9110, section 12.5.3).
    pub fn accepted(headers: &HeaderMap, effort: Effort) -> Self {
        let order = match effort {
            Effort::Quick => Self::BY_SPEED,
            Effort::Thorough => Self::BY_SIZE,
        };
        let mut best = (Self::Identity, 0);
        for encoding in order {
            let weight = weight(headers, encoding);
            if weight > best.1 {
                best = (encoding, weight);
            }
        }
        best.0
    }

    /// The value of `Content-Encoding`; `None` for identity.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
            Self::Zstd => Some("zstd"),
        }
    }

    fn apply(self, body: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
        let quick = effort == Effort::Quick;
        match self {
            Self::Identity => Ok(body.to_vec()),
            Self::Gzip => {
                let level = flate2::Compression::new(if quick { 4 } else { 9 });
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(body)?;
                encoder.finish()
            }
            Self::Brotli => {
                let mut out = Vec::new();
                let params = brotli::enc::BrotliEncoderParams {
                    quality: if quick { 4 } else { 10 },
                    size_hint: body.len(),
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut &body[..], &mut out, &params)?;
                Ok(out)
            }
            Self::Zstd => zstd::bulk::compress(body, if quick { 3 } else { 19 }),
        }
    }
}

/// The weight of an encoding in thousandths; 0 if the client does not accept it.
fn weight(headers: &HeaderMap, encoding: Encoding) -> u16 {
    let name = encoding.name().unwrap_or("identity");
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut wildcard = 0;
    for entry in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (coding, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let coding = coding.trim();
        let weight = quality(parameters);
        if coding.eq_ignore_ascii_case(name) {
            return weight;
        }
        if coding == "*" {
            wildcard = weight;
        }
    }
    wildcard
}

fn quality(parameters: &str) -> u16 {
    let q = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(q) = q else { return 1000 };
    let q: f32 = q.parse().unwrap_or(0.0);
    (q.clamp(0.0, 1.0) * 1000.0) as u16
}

/// A body in all requested encodings; cheap to clone.
#[derive(Debug, Clone)]
pub struct Encoded {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    identity: Bytes,
    compressible: bool,
    effort: Effort,
    encoded: [OnceLock<Option<Bytes>>; 3],
}

impl Encoded {
    /// A body; `compressible` is false for formats that are already compressed, such as fonts and images.
    pub fn new(identity: impl Into<Bytes>, compressible: bool, effort: Effort) -> Self {
        let identity = identity.into();
        Self {
            inner: Arc::new(Inner {
                compressible: compressible && identity.len() >= MIN_BYTES,
                identity,
                effort,
                encoded: Default::default(),
            }),
        }
    }

    /// The bytes without an encoding.
    pub fn identity(&self) -> &Bytes {
        &self.inner.identity
    }

    fn slot(&self, encoding: Encoding) -> Option<&OnceLock<Option<Bytes>>> {
        let index = match encoding {
            Encoding::Identity => return None,
            Encoding::Gzip => 0,
            Encoding::Brotli => 1,
            Encoding::Zstd => 2,
        };
        self.inner.encoded.get(index)
    }

    /// The bytes in the best encoding that the client accepts.
    pub async fn accepted(&self, headers: &HeaderMap) -> (Encoding, Bytes) {
        if !self.inner.compressible {
            return (Encoding::Identity, self.inner.identity.clone());
        }
        let encoding = Encoding::accepted(headers, self.inner.effort);
        let Some(slot) = self.slot(encoding) else {
            return (Encoding::Identity, self.inner.identity.clone());
        };
        let existing = slot.get().cloned();
        let encoded = match existing {
            Some(encoded) => encoded,
            None if self.inner.identity.len() <= MAX_INLINE_BYTES && self.inner.effort == Effort::Quick => {
                self.encode(encoding)
            }
            None => {
                let body = self.clone();
                let work = tokio::task::spawn_blocking(move || body.encode(encoding));
                work.await.ok().flatten()
            }
        };
        match encoded {
            Some(bytes) => (encoding, bytes),
            None => (Encoding::Identity, self.inner.identity.clone()),
        }
    }

    /// `None` if the encoding is not smaller.
    fn encode(&self, encoding: Encoding) -> Option<Bytes> {
        let create = || {
            let encoded = encoding.apply(&self.inner.identity, self.inner.effort).ok()?;
            (encoded.len() < self.inner.identity.len()).then(|| Bytes::from(encoded))
        };
        self.slot(encoding)?.get_or_init(create).clone()
    }
}

/// Sets `Content-Encoding`.
pub fn set_encoding(headers: &mut HeaderMap, encoding: Encoding) {
    if let Some(name) = encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn asking(accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        headers
    }

    #[test]
    fn the_clients_weights_take_precedence_over_our_preference() {
        for (accept, by_size, by_speed) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli, Encoding::Zstd),
            ("gzip", Encoding::Gzip, Encoding::Gzip),
            ("br;q=0.5, gzip;q=0.8", Encoding::Gzip, Encoding::Gzip),
            ("BR", Encoding::Brotli, Encoding::Brotli),
            ("br;q=0, *", Encoding::Zstd, Encoding::Zstd),
            ("identity", Encoding::Identity, Encoding::Identity),
            ("deflate", Encoding::Identity, Encoding::Identity),
            ("gzip;q=invalid", Encoding::Identity, Encoding::Identity),
            ("", Encoding::Identity, Encoding::Identity),
        ] {
            let headers = asking(accept);
            assert_eq!(
                Encoding::accepted(&headers, Effort::Thorough),
                by_size,
                "{accept}"
            );
            assert_eq!(Encoding::accepted(&headers, Effort::Quick), by_speed, "{accept}");
        }
        assert_eq!(
            Encoding::accepted(&HeaderMap::new(), Effort::Quick),
            Encoding::Identity
        );
    }

    #[tokio::test]
    async fn every_encoding_can_be_decoded() {
        let text = "Words, words, words. ".repeat(200);
        for effort in [Effort::Quick, Effort::Thorough] {
            let body = Encoded::new(text.clone(), true, effort);
            for accept in ["gzip", "br", "zstd"] {
                let (encoding, bytes) = body.accepted(&asking(accept)).await;
                assert_eq!(encoding.name(), Some(accept));
                assert!(bytes.len() < text.len() / 2);
                let mut plain = String::new();
                match encoding {
                    Encoding::Gzip => flate2::read::GzDecoder::new(&bytes[..])
                        .read_to_string(&mut plain)
                        .unwrap(),
                    Encoding::Brotli => brotli::Decompressor::new(&bytes[..], 4096)
                        .read_to_string(&mut plain)
                        .unwrap(),
                    _ => zstd::Decoder::new(&bytes[..])
                        .unwrap()
                        .read_to_string(&mut plain)
                        .unwrap(),
                };
                assert_eq!(plain, text);
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_get_smaller_is_not_encoded() {
        let all = asking("gzip, br, zstd");
        for body in [
            Encoded::new("short", true, Effort::Quick),
            Encoded::new(vec![b'a'; 10_000], false, Effort::Quick),
        ] {
            let (encoding, bytes) = body.accepted(&all).await;
            assert_eq!((encoding, &bytes), (Encoding::Identity, body.identity()));
        }
    }
}
