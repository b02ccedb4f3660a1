//! A queue whose first place needs no memory of its own: most hold one thing at a time, and connections that hold nothing are many.

use std::collections::VecDeque;

/// First in, first out.
#[derive(Debug)]
pub(crate) struct Line<T> {
    /// Before `rest`, if it is there.
    first: Option<T>,
    #[expect(clippy::box_collection, reason = "every connection has two, and most have never used one")]
    rest: Option<Box<VecDeque<T>>>,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { first: None, rest: None }
    }
}

impl<T> Line<T> {
    pub(crate) fn push(&mut self, item: T) {
        if self.is_empty() {
            self.first = Some(item);
        } else {
            self.rest.get_or_insert_default().push_back(item);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.first.take().or_else(|| {
            let rest = self.rest.as_mut()?;
            let item = rest.pop_front();
            if rest.is_empty() {
                // An idle connection keeps no buffer.
                self.rest = None;
            }
            item
        })
    }

    pub(crate) fn front(&self) -> Option<&T> {
        self.first.as_ref().or_else(|| self.rest.as_ref()?.front())
    }

    pub(crate) fn front_mut(&mut self) -> Option<&mut T> {
        self.first.as_mut().or_else(|| self.rest.as_mut()?.front_mut())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(self.rest.iter().flat_map(|rest| rest.iter()))
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.as_ref().map_or(0, |rest| rest.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_a_deque_does(steps in proptest::collection::vec(any::<bool>(), 0..60)) {
            let (mut line, mut deque) = (Line::default(), VecDeque::new());
            for (n, push) in steps.into_iter().enumerate() {
                if push {
                    line.push(n);
                    deque.push_back(n);
                } else {
                    prop_assert_eq!(line.pop(), deque.pop_front());
                }
                prop_assert_eq!((line.front(), line.len()), (deque.front(), deque.len()));
                prop_assert_eq!(line.is_empty(), deque.is_empty());
                prop_assert!(line.iter().eq(&deque));
                prop_assert!(!line.is_empty() || line.rest.is_none());
            }
        }
    }
}
