//! How long commands tell what they are doing.

/// Hears what a command does. A function of the step's name will do.
pub trait Progress {
    /// A step begins that has so many parts; 0 when nobody knows.
    fn begin(&self, what: &str, parts: u64);
    /// So many parts of it are done.
    fn advance(&self, parts: u64);
}

impl<F: Fn(&str)> Progress for F {
    fn begin(&self, what: &str, _: u64) {
        self(what);
    }

    fn advance(&self, _: u64) {}
}
