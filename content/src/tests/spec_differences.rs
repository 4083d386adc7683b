//! Where posts deliberately differ from the specifications: the specification, the numbers of its examples, the reason.

pub(super) const DIFFERENCES: &[(&str, &[u32], &str)] = &[];
