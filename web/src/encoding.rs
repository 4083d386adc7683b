//! Bytes in the encodings that browsers take: chosen by `Accept-Encoding`, made once for each.

use std::{
    io::{self, Write as _},
    sync::{Arc, OnceLock},
};

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;

/// Smaller bodies do not pay for their encoding.
const MIN_BYTES: usize = 512;
/// Larger bodies are encoded where they keep no other request waiting.
const MAX_INLINE_BYTES: usize = 256 * 1024;

/// How a body is encoded on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

/// How much work goes into an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Of what is made for one answer.
    Quick,
    /// Of what is kept and sent many times.
    Thorough,
}

impl Encoding {
    /// Best first; what is kept is sent in the smallest form, what is made now in the one that is made fastest.
    const KEPT: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];
    const MADE: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// The best encoding that the client takes (RFC 9110, section 12.5.3).
    pub fn accepted(headers: &HeaderMap, effort: Effort) -> Self {
        let order = match effort {
            Effort::Quick => Self::MADE,
            Effort::Thorough => Self::KEPT,
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

    /// Its name in `Content-Encoding`; `None` for bytes as they are.
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

/// The weight that the client gives to an encoding, in thousandths; 0 is a refusal, also by not naming it.
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

/// A body that is kept, in each encoding that was asked for; cheap to clone.
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
    /// The body; `compressible` is false for what is compressed by its nature, such as fonts and pictures.
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

    /// The bytes as they are.
    pub fn identity(&self) -> &Bytes {
        &self.inner.identity
    }

    /// Takes what a build has encoded already.
    pub fn prepared(self, encoding: Encoding, bytes: Vec<u8>) -> Self {
        if let Some(slot) = self.slot(encoding) {
            let _ = slot.set(Some(bytes.into()));
        }
        self
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

    /// The bytes in the best encoding that `headers` take, and which one that is.
    pub async fn accepted(&self, headers: &HeaderMap) -> (Encoding, Bytes) {
        if !self.inner.compressible {
            return (Encoding::Identity, self.inner.identity.clone());
        }
        let encoding = Encoding::accepted(headers, self.inner.effort);
        let Some(slot) = self.slot(encoding) else {
            return (Encoding::Identity, self.inner.identity.clone());
        };
        let known = slot.get().cloned();
        let encoded = match known {
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

    /// `None` where the encoding saves nothing.
    fn encode(&self, encoding: Encoding) -> Option<Bytes> {
        let make = || {
            let encoded = encoding.apply(&self.inner.identity, self.inner.effort).ok()?;
            (encoded.len() < self.inner.identity.len()).then(|| Bytes::from(encoded))
        };
        self.slot(encoding)?.get_or_init(make).clone()
    }
}

/// Says in an answer how its body is encoded.
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
    fn the_client_s_weights_decide_and_then_ours() {
        for (accept, kept, made) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli, Encoding::Zstd),
            ("gzip", Encoding::Gzip, Encoding::Gzip),
            ("br;q=0.5, gzip;q=0.8", Encoding::Gzip, Encoding::Gzip),
            ("BR", Encoding::Brotli, Encoding::Brotli),
            ("br;q=0, *", Encoding::Zstd, Encoding::Zstd),
            ("identity", Encoding::Identity, Encoding::Identity),
            ("deflate", Encoding::Identity, Encoding::Identity),
            ("gzip;q=nonsense", Encoding::Identity, Encoding::Identity),
            ("", Encoding::Identity, Encoding::Identity),
        ] {
            let headers = asking(accept);
            assert_eq!(Encoding::accepted(&headers, Effort::Thorough), kept, "{accept}");
            assert_eq!(Encoding::accepted(&headers, Effort::Quick), made, "{accept}");
        }
        assert_eq!(
            Encoding::accepted(&HeaderMap::new(), Effort::Quick),
            Encoding::Identity
        );
    }

    #[tokio::test]
    async fn every_encoding_reads_back() {
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
    async fn what_gains_nothing_is_sent_as_it_is() {
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
