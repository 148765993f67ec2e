//! What errors say. A text is put together when it is shown: a chip that shows none needs no code for that. Without
//! the feature `messages` the texts are not even there.

/// A message: a text, and what takes the places of its `{}`.
#[cfg(feature = "messages")]
macro_rules! message {
    ($text:literal $(, $part:expr)* $(,)?) => {
        $crate::message::Message::with($text, [$($crate::message::Part::from($part)),*])
    };
}
#[cfg(not(feature = "messages"))]
macro_rules! message {
    ($text:literal $(, $part:expr)* $(,)?) => {{
        // (Parts are not computed.)
        let _ = || { $(let _ = &$part;)* };
        $crate::message::Message::ABSENT
    }};
}

#[cfg(feature = "messages")]
mod parts;
#[cfg(not(feature = "messages"))]
pub use absent::Message;
#[cfg(feature = "messages")]
pub use parts::Message;
#[cfg(feature = "messages")]
pub(crate) use parts::Part;

#[cfg(not(feature = "messages"))]
mod absent {
    use alloc::string::String;
    use core::fmt;

    /// A text that this build has not: its feature `messages` is off.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Message(());

    impl Message {
        pub(crate) const ABSENT: Message = Message(());
    }

    impl From<&'static str> for Message {
        fn from(_: &'static str) -> Message {
            Message::ABSENT
        }
    }

    impl From<String> for Message {
        fn from(_: String) -> Message {
            Message::ABSENT
        }
    }

    impl fmt::Display for Message {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("(no text)")
        }
    }

    impl fmt::Debug for Message {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(self, f)
        }
    }
}
