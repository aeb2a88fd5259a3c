//! Keyset paging: a page starts after a key, so that its cost does not depend on how far in it lies.

use std::fmt;

/// Direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest (or latest) first.
    #[default]
    Descending,
    /// Oldest (or earliest) first.
    Ascending,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Most items, 1 to [`PageRequest::MOST`].
    pub limit: usize,
    /// The `next` of the page before; opaque, checked by the store.
    pub after: Option<String>,
    /// Direction.
    pub order: Order,
}

impl PageRequest {
    /// Most items of one page that callers from outside may ask for.
    pub const MOST: usize = 100;

    /// The first `limit` items in `order`.
    pub const fn first(limit: usize, order: Order) -> Self {
        Self { limit, after: None, order }
    }

    /// Everything in `order`; only where the filter itself bounds the result (a day, one patient).
    pub const fn all(order: Order) -> Self {
        Self { limit: usize::MAX, after: None, order }
    }
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in order.
    pub items: Vec<T>,
    /// Where the next page starts, `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} items, more: {})", self.items.len(), self.next.is_some())
    }
}
