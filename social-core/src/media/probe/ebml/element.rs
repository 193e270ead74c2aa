//! Elements: an id, how long the body is, the body.

use std::ops::Range;

use super::super::{broken, samples::unsigned};
use crate::error::Result;

#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) id: u32,
    /// How long its own header is.
    pub(super) header: u64,
    /// How long what follows is, if it says.
    pub(super) size: Option<u64>,
}

/// The element that begins with `head`; nothing when none can, or not all of its header is there.
pub(super) fn element(head: &[u8]) -> Option<Element> {
    let (id, id_length) = variable(head, 4)?;
    let rest = head.get(id_length..)?;
    let (size, size_length) = variable(rest, 8)?;
    // The highest bit that is set is no part of the number. All others set: not known.
    let bits = 7 * size_length;
    let all = (1_u64 << bits) - 1;
    let size = size & all;
    Some(Element {
        id: u32::try_from(id).ok()?,
        header: (id_length + size_length) as u64,
        size: (size != all).then_some(size),
    })
}

/// A number whose leading zeros tell how many bytes it has, and how many these are.
fn variable(bytes: &[u8], most: usize) -> Option<(u64, usize)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let all = bytes.get(..length).filter(|_| length <= most)?;
    Some((unsigned(all, 0..length), length))
}

/// The elements within `bytes`.
pub(super) fn children(bytes: &[u8]) -> impl Iterator<Item = Result<(u32, &[u8])>> {
    let mut rest = 0..bytes.len();
    std::iter::from_fn(move || {
        let left = bytes.get(rest.clone()).filter(|left| !left.is_empty())?;
        match child(left) {
            Some((id, body)) => {
                let start = rest.start;
                rest.start += body.end;
                Some(Ok((id, &bytes[start + body.start..start + body.end])))
            }
            None => {
                rest = 0..0;
                let message = "a header of the file holds an element that is longer than itself";
                Some(Err(broken(message.to_owned())))
            }
        }
    })
}

/// The first element within `bytes`: its id, and where its body is.
fn child(bytes: &[u8]) -> Option<(u32, Range<usize>)> {
    let element = element(bytes)?;
    let start = usize::try_from(element.header).ok()?;
    let end = start.checked_add(usize::try_from(element.size?).ok()?)?;
    (end <= bytes.len()).then_some((element.id, start..end))
}

pub(super) fn number(body: &[u8]) -> u64 {
    match body.len() {
        0..=8 => unsigned(body, 0..body.len()),
        _ => 0,
    }
}

pub(super) fn float(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f32::from_be_bytes(*body.first_chunk()?).into()),
        8 => Some(f64::from_be_bytes(*body.first_chunk()?)),
        _ => None,
    }
}
