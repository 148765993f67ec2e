//! The numbers of frames and of what has variables. They are good until the program moves; old ones are never used
//! again, so that a client which asks too late is told so.

/// Things with numbers.
pub struct Handles<T> {
    /// The number of the first.
    first: i64,
    things: Vec<T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Handles<T> {
        Handles {
            // (0 is nothing.)
            first: 1,
            things: Vec::new(),
        }
    }
}

impl<T> Handles<T> {
    /// Gives a number to something.
    pub fn add(&mut self, thing: T) -> i64 {
        self.things.push(thing);
        self.first + self.things.len() as i64 - 1
    }

    /// What has a number.
    pub fn get(&self, number: i64) -> Option<&T> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.things.get(index)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// The number of the first.
    pub fn first(&self) -> i64 {
        self.first
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        // (Numbers are less than 2^31 in the protocol.)
        let next = self.first + self.things.len() as i64;
        self.first = if next > i64::from(i32::MAX / 2) {
            1
        } else {
            next
        };
        self.things.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_numbers_are_nothing() {
        let mut handles = Handles::default();
        assert_eq!(handles.get(0), None);
        let (a, b) = (handles.add('a'), handles.add('b'));
        assert_eq!((handles.get(a), handles.get(b)), (Some(&'a'), Some(&'b')));
        assert_eq!(handles.get(b + 1), None);
        handles.clear();
        let c = handles.add('c');
        assert_eq!((handles.get(a), handles.get(b)), (None, None));
        assert_eq!(handles.get(c), Some(&'c'));
        for wrong in [i64::MIN, -1, i64::MAX] {
            assert_eq!(handles.get(wrong), None);
        }
    }
}
