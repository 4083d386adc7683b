//! The terminal while it is ours: without echo, on its second screen. It is given back however the run ends.

use std::io::{self, Write as _};

use crossterm::{
    cursor::Show,
    execute,
    style::force_color_output,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

use crate::failure::Failure;

/// The terminal, given back on drop: at the end, on an error, and when a signal drops the run.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn take() -> Result<Self, Failure> {
        if anstream::ColorChoice::global() == anstream::ColorChoice::Never {
            force_color_output(false);
        }
        give_back_on_panic();
        enable_raw_mode()?;
        // From here on dropping it gives the terminal back.
        let screen = Self {
            terminal: Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| give_back())?,
        };
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(screen)
    }

    /// Draws it anew.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> Result<(), Failure> {
        self.terminal.draw(draw)?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// As far as that goes: there is nobody to tell if it does not.
fn give_back() {
    let _ = disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = io::stdout().flush();
}

/// A panic is told on the screen that stays.
fn give_back_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
    }));
}
