//! Views of the billing pages.
