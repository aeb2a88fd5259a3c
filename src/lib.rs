//! The healthcare management system.
