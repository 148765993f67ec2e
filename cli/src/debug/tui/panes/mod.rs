//! What is in the panes.

pub mod code;
pub mod memory;
pub mod timeline;
pub mod values;

/// Which of `count` lines to begin with, so that one of them is in the upper middle of `height`.
fn first_line(current: usize, count: usize, height: usize) -> usize {
    let last = count.saturating_sub(height);
    current.saturating_sub(height * 2 / 5).min(last)
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn lines_fill_their_pane() {
        assert_eq!(first_line(0, 100, 10), 0);
        assert_eq!(first_line(50, 100, 10), 46);
        assert_eq!(first_line(99, 100, 10), 90);
        assert_eq!(first_line(3, 5, 10), 0);
    }
}
