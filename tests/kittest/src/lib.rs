//! What tests of the window need, if the build has a window.

#[cfg(feature = "window")]
pub use egui_inspection as inspection;
#[cfg(feature = "window")]
pub use egui_kittest::*;
