//! The automatic rules: what a text is judged by before a person looks at it.
