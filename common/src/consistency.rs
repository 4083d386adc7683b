//! placeholder
#[derive(Debug)]
pub struct ConsistencyToken {
    pub kind: crate::event::AggregateKind,
    pub id: String,
    pub version: u64,
}
impl std::fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}@{}", self.kind.as_str(), self.id, self.version)
    }
}
