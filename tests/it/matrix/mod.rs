//! Every route × every role, on a stranger's objects.

pub mod source;
