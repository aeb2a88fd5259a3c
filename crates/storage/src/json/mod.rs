//! The JSON-file store.
