//! Whatever is put into the log, the decoder answers: with an event or with a reason, and never by falling over.
//! What it takes for an event can be written again, and what is written is read as the same.
//!
//! The input is text: the subject, then `name: value` lines, an empty line, and the body, as in the golden files'
//! seeds that `fuzz/run` makes.

#![no_main]

use common::event::{Event, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (head, body) = match input.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&input[..at], &input[at + 2..]),
        None => (input, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let subject = lines.next().unwrap_or_default();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let received = match decode(subject, headers.as_slice(), body) {
        Ok(received) => received,
        Err(error) => return drop(error.to_string()),
    };
    if received.event == Event::Unknown {
        return;
    }
    // An id that is no subject token can be read, but not written; all else can.
    let Ok(message) = encode(&received.envelope, &received.event) else {
        return;
    };
    let again = decode(&message.subject, message.headers.as_slice(), &message.payload);
    assert_eq!(again.expect("what was written is read").event, received.event);
});
