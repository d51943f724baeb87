//! The logo as an icon: for the window, and for the tray.

/// The logo, a dot in a ring, as the opacity of each pixel of a square of `side` pixels, row by row.
pub fn ring(side: u32) -> impl Iterator<Item = u8> {
    let (middle, scale) = ((side - 1) as f32 / 2.0, side as f32 / 64.0);
    (0..side * side).map(move |index| {
        let radius = ((index % side) as f32 - middle).hypot((index / side) as f32 - middle);
        let inside = |edge: f32| (edge * scale - radius).clamp(0.0, 1.0);
        let ink = inside(29.0) * (radius - 21.0 * scale).clamp(0.0, 1.0) + inside(13.0);
        (ink * 255.0) as u8
    })
}
