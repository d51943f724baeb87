//! The end of a user's session on Windows: log-off, shutdown, restart.
//!
//! A program that has a window anywhere, or the library for it, is told by a message to its windows, and not as a console is.
//! So this is an invisible window. <https://learn.microsoft.com/windows/win32/shutdown/logging-off>

#![expect(unsafe_code, reason = "windows are made and asked by calls of the system's own")]

use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::thread;

use tokio::sync::watch;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, MSG, RegisterClassW, WM_ENDSESSION,
    WM_QUERYENDSESSION, WNDCLASSW,
};
use windows_sys::w;

use crate::watchdog;

/// Notifies the listeners of the end. A process has one session, so one sender is enough.
static ENDS: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// Receives the end of the session.
pub struct SessionEnd(watch::Receiver<bool>);

impl SessionEnd {
    /// Listens from now on, on a thread of its own. If there is none, the system ends the program without asking it.
    pub fn listen() -> Self {
        let sender = ENDS.get_or_init(|| {
            let _ = watchdog::spawn_once("session end", receive);
            watch::Sender::new(false)
        });
        Self(sender.subscribe())
    }

    /// Waits until the session ends, which it does once.
    pub async fn ends(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Takes messages for as long as the program runs.
fn receive() {
    let class = w!("TicketscopeSessionEnd");
    // SAFETY: the class and its name live as long as the program, `answer` has the signature of a window's procedure, and the
    // message is written by the call before it is read.
    unsafe {
        let instance = GetModuleHandleW(null());
        let description =
            WNDCLASSW { lpfnWndProc: Some(answer), hInstance: instance, lpszClassName: class, ..Default::default() };
        RegisterClassW(&description);
        // One that only takes messages from its own program would not be told.
        let window = CreateWindowExW(0, class, class, 0, 0, 0, 0, 0, null_mut(), null_mut(), instance, null());
        if window.is_null() {
            return;
        }
        let mut message = MSG::default();
        while GetMessageW(&mut message, null_mut(), 0, 0) > 0 {
            DispatchMessageW(&message);
        }
    }
}

/// What the window says to a message.
extern "system" fn answer(window: HWND, message: u32, first: WPARAM, second: LPARAM) -> LRESULT {
    match message {
        WM_QUERYENDSESSION => 1,
        WM_ENDSESSION if first != 0 => {
            if let Some(ends) = ENDS.get() {
                ends.send_replace(true);
            }
            // The system may end the program as soon as this returns, and waits some seconds for it.
            loop {
                thread::park();
            }
        }
        // SAFETY: these are the arguments that the system has given.
        _ => unsafe { DefWindowProcW(window, message, first, second) },
    }
}
