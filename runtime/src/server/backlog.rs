//! A queue that is most often empty, and then is nothing but a pointer. Knows nothing of what waits in it.

use std::collections::VecDeque;

/// First in, first out.
#[expect(clippy::box_collection, reason = "every connection has two, and most have never used one")]
pub(super) struct Backlog<T>(Option<Box<VecDeque<T>>>);

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Backlog<T> {
    pub(super) fn push(&mut self, item: T) {
        self.0.get_or_insert_default().push_back(item);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let item = self.0.as_mut()?.pop_front();
        self.shrink();
        item
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        if let Some(queue) = &mut self.0 {
            queue.retain(keep);
        }
        self.shrink();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|queue| queue.iter())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn shrink(&mut self) {
        if self.0.as_ref().is_some_and(|queue| queue.is_empty()) {
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_order_and_nothing_when_it_is_empty() {
        let mut backlog = Backlog::default();
        for i in 0..6 {
            backlog.push(i);
        }
        backlog.retain(|i| i % 2 == 0);
        assert_eq!(backlog.iter().copied().collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!([0; 3].map(|_| backlog.pop()), [Some(0), Some(2), Some(4)]);
        assert!(backlog.is_empty() && backlog.0.is_none() && backlog.pop().is_none());
        backlog.push(7);
        backlog.retain(|_| false);
        assert!(backlog.is_empty());
    }
}
