//! Damaged images, of which none may do harm; `--bin damage` runs more of them.

use wasmote_spec::damage;

#[test]
fn damaged_images_are_refused_or_trap() {
    let images = damage::images();
    assert!(images.len() > 1000, "only {} images", images.len());
    let tally = damage::run(&images, 1, 20_000, |_| {});
    // Both happen often: the checks are neither blind nor blocking.
    assert!(tally.refused > 1000 && tally.ran > 1000, "{tally:?}");
    assert!(tally.returned > 1000 && tally.trapped > 1000, "{tally:?}");
}
