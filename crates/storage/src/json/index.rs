//! Building blocks of the indexes: keys in sorted sets, ordered walks, merging of walks and opaque cursors.

use crate::cursor::Cursor;
pub use crate::cursor::{Micros, micros};
use crate::{Order, Page, PageRequest, Versioned};
use imbl::{OrdMap, OrdSet};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Bound;
use std::sync::Arc;

/// A walk over sort keys.
pub type Walk<'s, K> = Box<dyn Iterator<Item = K> + 's>;

/// Moves one object within a set from its old to its new key, if they differ.
pub fn reindex<K: Ord + Clone>(set: &mut OrdSet<K>, old: Option<K>, new: Option<K>) {
    if old == new {
        return;
    }
    if let Some(key) = old {
        set.remove(&key);
    }
    if let Some(key) = new {
        set.insert(key);
    }
}

/// The same for a map of unique keys. A key that another object holds stays with that object:
/// imported rows may share one, and the first keeps it.
pub fn remap<K: Ord + Clone, V: PartialEq + Clone>(
    map: &mut OrdMap<K, V>,
    old: Option<K>,
    new: Option<K>,
    holder: &V,
) {
    if old == new {
        return;
    }
    if let Some(key) = old.filter(|key| map.get(key) == Some(holder)) {
        map.remove(&key);
    }
    if let Some(key) = new.filter(|key| !map.contains_key(key)) {
        map.insert(key, holder.clone());
    }
}

/// The part of a set between two keys, both included, that comes after `after` in `order`.
pub fn span<K: Ord + Clone>(
    set: &OrdSet<K>,
    (low, high): (K, K),
    order: Order,
    after: Option<K>,
) -> Walk<'_, &K> {
    let (low, high) = match (order, after) {
        (Order::Ascending, Some(after)) if after >= low => (Bound::Excluded(after), Bound::Included(high)),
        (Order::Descending, Some(after)) if after <= high => (Bound::Included(low), Bound::Excluded(after)),
        _ => (Bound::Included(low), Bound::Included(high)),
    };
    if is_empty(&low, &high) {
        return Box::new(std::iter::empty());
    }
    let range = set.range::<_, K>((low, high));
    match order {
        Order::Ascending => Box::new(range),
        Order::Descending => Box::new(range.rev()),
    }
}

/// The same for the rows of a table.
pub fn rows_range<K: Ord + Clone, V: Clone>(
    rows: &OrdMap<K, V>,
    (low, high): (K, K),
    order: Order,
    after: Option<K>,
) -> Walk<'_, (&K, &V)> {
    let (low, high) = match (order, after) {
        (Order::Ascending, Some(after)) if after >= low => (Bound::Excluded(after), Bound::Included(high)),
        (Order::Descending, Some(after)) if after <= high => (Bound::Included(low), Bound::Excluded(after)),
        _ => (Bound::Included(low), Bound::Included(high)),
    };
    if is_empty(&low, &high) {
        return Box::new(std::iter::empty());
    }
    let range = rows.range::<_, K>((low, high));
    match order {
        Order::Ascending => Box::new(range),
        Order::Descending => Box::new(range.rev()),
    }
}

/// The same for the keys of a table.
pub fn rows_span<K: Ord + Clone, V: Clone>(
    rows: &OrdMap<K, V>,
    bounds: (K, K),
    order: Order,
    after: Option<K>,
) -> Walk<'_, K> {
    Box::new(rows_range(rows, bounds, order, after).map(|(key, _)| key.clone()))
}

fn is_empty<K: Ord>(low: &Bound<K>, high: &Bound<K>) -> bool {
    match (low, high) {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Excluded(low) | Bound::Included(low), Bound::Excluded(high) | Bound::Included(high)) => {
            low >= high
        }
        _ => false,
    }
}

/// A walk over keys that had to be collected first; for sets that the filter bounds.
pub fn sorted<'s, K: Ord + 's>(
    keys: impl Iterator<Item = K>,
    order: Order,
    after: Option<&K>,
) -> Walk<'s, K> {
    let mut keys: Vec<K> = keys
        .filter(|key| {
            after.is_none_or(|after| match order {
                Order::Ascending => key > after,
                Order::Descending => key < after,
            })
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    match order {
        Order::Ascending => Box::new(keys.into_iter()),
        Order::Descending => Box::new(keys.into_iter().rev()),
    }
}

/// Several walks in the same order as one, without duplicates, taking from each only what is needed.
pub fn merged<'s, K: Ord + Clone + 's>(mut walks: Vec<Walk<'s, K>>, order: Order) -> Walk<'s, K> {
    if walks.len() == 1 {
        return walks.remove(0);
    }
    let unique = |walk: Walk<'s, K>| -> Walk<'s, K> {
        let mut last: Option<K> = None;
        Box::new(walk.filter(move |key| {
            let fresh = last.as_ref() != Some(key);
            last = Some(key.clone());
            fresh
        }))
    };
    match order {
        Order::Descending => unique(heap_merge(walks, |key| key, |key| key)),
        Order::Ascending => unique(heap_merge(walks, Reverse, |Reverse(key)| key)),
    }
}

fn heap_merge<'s, K: 's, R: Ord + 's>(
    mut walks: Vec<Walk<'s, K>>,
    rank: fn(K) -> R,
    unrank: fn(R) -> K,
) -> Walk<'s, K> {
    let mut heap: BinaryHeap<(R, usize)> = walks
        .iter_mut()
        .enumerate()
        .filter_map(|(index, walk)| walk.next().map(|key| (rank(key), index)))
        .collect();
    Box::new(std::iter::from_fn(move || {
        let (key, index) = heap.pop()?;
        if let Some(next) = walks[index].next() {
            heap.push((rank(next), index));
        }
        Some(unrank(key))
    }))
}

/// Takes a page off a walk.
pub fn page<'s, K: Cursor, T: Clone + 's>(
    walk: impl Iterator<Item = (K, &'s Arc<Versioned<T>>)>,
    request: &PageRequest,
) -> Page<Versioned<T>> {
    let mut items = Vec::new();
    let mut last = None;
    for (key, row) in walk {
        if items.len() == request.limit {
            return Page { items, next: last.map(|key: K| key.encode()) };
        }
        items.push(Versioned::clone(row));
        last = Some(key);
    }
    Page { items, next: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merged_walks_are_one_sorted_walk(lists in proptest::collection::vec(proptest::collection::btree_set(0u64..50, 0..20), 0..5)) {
            let expected: std::collections::BTreeSet<u64> = lists.iter().flatten().copied().collect();
            let up = merged(lists.iter().map(|list| -> Walk<'_, u64> { Box::new(list.iter().copied()) }).collect(), Order::Ascending);
            prop_assert_eq!(up.collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            let down = merged(lists.iter().map(|list| -> Walk<'_, u64> { Box::new(list.iter().rev().copied()) }).collect(), Order::Descending);
            prop_assert_eq!(down.collect::<Vec<_>>(), expected.iter().rev().copied().collect::<Vec<_>>());
        }
    }
}
