//! How often the window is drawn: less often where every pixel is drawn by the processor.

use std::time::Duration;

use eframe::glow::{self, HasContext as _};

/// The shortest times between two frames, by what they are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From a fact to the frame that shows it; all that come meanwhile share that frame.
    pub fact: Duration,
    /// From a message to the frame that counts it.
    pub traffic: Duration,
    /// Between two steps of a wait's last seconds.
    pub countdown: Duration,
    /// Between two pictures of a recording that plays.
    pub playback: Duration,
}

impl Pace {
    /// A graphics card draws: a frame costs next to nothing.
    pub const HARDWARE: Self = Self {
        fact: Duration::from_millis(10),
        traffic: Duration::from_millis(500),
        countdown: Duration::from_millis(100),
        playback: Duration::from_millis(33),
    };
    /// The processor draws: a frame costs as much as a whole attempt.
    pub const SOFTWARE: Self = Self {
        fact: Duration::from_millis(250),
        traffic: Duration::from_millis(1_000),
        countdown: Duration::from_millis(1_000),
        playback: Duration::from_millis(100),
    };

    /// The pace for the renderer of a window; where nothing is known of it, nothing has to be spared.
    pub fn of(cc: &eframe::CreationContext<'_>) -> Self {
        #[cfg(windows)]
        if let Some(state) = &cc.wgpu_render_state {
            return Self::for_renderer(&state.adapter.get_info().name);
        }
        let Some(gl) = cc.gl.as_deref() else { return Self::HARDWARE };
        #[expect(unsafe_code, reason = "glow has no safe way to ask for the renderer's name")]
        // SAFETY: the context is current while the window is made, and `RENDERER` is a string in every version of GL.
        let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
        Self::for_renderer(&renderer)
    }

    /// The pace for what `GL_RENDERER`, or the graphics card, calls itself.
    fn for_renderer(name: &str) -> Self {
        // Mesa's two, Mesa's on Windows, Microsoft's own, and Chrome's.
        const SOFTWARE: [&str; 6] =
            ["llvmpipe", "softpipe", "software rasterizer", "gdi generic", "basic render", "swiftshader"];
        let name = name.to_lowercase();
        if SOFTWARE.iter().any(|software| name.contains(software)) { Self::SOFTWARE } else { Self::HARDWARE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_draws_with_the_processor_is_drawn_less_often() {
        for (renderer, pace) in [
            ("llvmpipe (LLVM 15.0.6, 256 bits)", Pace::SOFTWARE),
            ("Software Rasterizer", Pace::SOFTWARE),
            ("GDI Generic", Pace::SOFTWARE),
            ("Microsoft Basic Render Driver", Pace::SOFTWARE),
            ("Google SwiftShader", Pace::SOFTWARE),
            ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", Pace::HARDWARE),
            ("NVIDIA GeForce RTX 3060/PCIe/SSE2", Pace::HARDWARE),
        ] {
            assert_eq!(Pace::for_renderer(renderer), pace, "{renderer}");
        }
    }
}
