//! Maps: hash tables on hosts, lists on chips, where RAM bounds what modules have: less code, less RAM.

#[cfg(hash_maps)]
pub(crate) use hashbrown::HashMap as Map;
#[cfg(not(hash_maps))]
pub(crate) use list::Map;

#[cfg(not(hash_maps))]
mod list {
    use alloc::vec::Vec;
    use core::borrow::Borrow;

    /// The methods of a hash map that the crate uses.
    #[derive(Clone)]
    pub(crate) struct Map<K, V>(Vec<(K, V)>);

    impl<K, V> Default for Map<K, V> {
        fn default() -> Self {
            Map::new()
        }
    }

    impl<K: Eq, V> Map<K, V> {
        pub(crate) fn get<Q: Eq + ?Sized>(&self, key: &Q) -> Option<&V>
        where
            K: Borrow<Q>,
        {
            let found = self.0.iter().find(|(other, _)| other.borrow() == key);
            found.map(|(_, value)| value)
        }

        pub(crate) fn get_mut<Q: Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
        where
            K: Borrow<Q>,
        {
            let found = self
                .0
                .iter_mut()
                .find(|(other, _)| (*other).borrow() == key);
            found.map(|(_, value)| value)
        }

        pub(crate) fn insert(&mut self, key: K, value: V) {
            match self.get_mut(&key) {
                Some(old) => *old = value,
                None => self.0.push((key, value)),
            }
        }
    }

    impl<K, V> Map<K, V> {
        pub(crate) const fn new() -> Map<K, V> {
            Map(Vec::new())
        }

        pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
            self.0.iter().map(|(key, value)| (key, value))
        }

        pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
            self.0.iter().map(|(key, _)| key)
        }
    }

    impl<K, V> IntoIterator for Map<K, V> {
        type Item = (K, V);
        type IntoIter = alloc::vec::IntoIter<(K, V)>;

        fn into_iter(self) -> Self::IntoIter {
            self.0.into_iter()
        }
    }
}
