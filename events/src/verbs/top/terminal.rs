//! The terminal in raw mode on the alternate screen. It is restored however the run ends.

use std::io::{self, Write as _};

use crossterm::{
    cursor::Show,
    execute,
    style::force_color_output,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

use crate::failure::Failure;

/// The terminal, restored on drop: at the end, on an error, and when a signal drops the run.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
}

impl Screen {
    /// Enters raw mode and the alternate screen.
    pub(super) fn enter() -> Result<Self, Failure> {
        if anstream::ColorChoice::global() == anstream::ColorChoice::Never {
            force_color_output(false);
        }
        restore_on_panic();
        enable_raw_mode()?;
        // From here on, dropping it restores the terminal.
        let screen = Self {
            terminal: Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| restore())?,
        };
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(screen)
    }

    /// Redraws the screen.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> Result<(), Failure> {
        self.terminal.draw(draw)?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Best effort: an error could not be reported.
fn restore() {
    let _ = disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = io::stdout().flush();
}

/// Restores the terminal before a panic message is printed.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}
