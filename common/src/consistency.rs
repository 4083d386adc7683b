//! placeholder
pub struct ConsistencyToken {
    pub kind: crate::event::AggregateKind,
    pub id: String,
    pub version: u64,
}
