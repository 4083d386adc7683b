use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use testkit::{NatsServer, TIMEOUT, eventually};

use crate::{
    command::{events, on},
    lag::readers,
    scenario,
};

/// The command at a pseudo-terminal.
struct Terminal {
    keyboard: File,
    /// Kept open, to check the state of the terminal at the end.
    line: OwnedFd,
    screen: mpsc::Receiver<Vec<u8>>,
    shown: String,
    child: Child,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 130,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let open = || File::options().read(true).write(true).open(&name).unwrap();
        command.env("TERM", "xterm-256color");
        command.stdin(open()).stdout(open()).stderr(Stdio::from(open()));
        let child = command.spawn().unwrap();
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().unwrap();
        let (sender, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            keyboard,
            line: open().into(),
            screen,
            shown: String::new(),
            child,
        }
    }

    /// Waits until `text` was written.
    fn shows(&mut self, text: &str) {
        while !self.shown.contains(text) {
            let more = self.screen.recv_timeout(TIMEOUT);
            let more = more.unwrap_or_else(|_| panic!("no `{text}` in {:?}", self.shown));
            self.shown.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.line)
            .unwrap()
            .local_modes
            .contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Waits for the end, checks that the terminal is restored, and returns the exit code.
    async fn ends(mut self) -> i32 {
        self.shows("\u{1b}[?1049l");
        let status = eventually("it ends", async || self.child.try_wait().unwrap()).await;
        assert!(!self.is_raw(), "the terminal was not restored");
        status.code().unwrap_or(-1)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn started() -> (NatsServer, Terminal) {
    let nats = NatsServer::start().await;
    let bus = nats.connect("tests").await;
    scenario::publish_story(&bus).await;
    readers(&bus, 1).await;
    let mut terminal = Terminal::start(on(&nats, &["top", "--interval", "0.1"]));
    terminal.shows("comments-posts");
    assert!(terminal.is_raw());
    (nats, terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_readers_handles_keys_and_restores_the_terminal() {
    let (_nats, mut terminal) = started().await;
    terminal.shows("head");
    terminal.press("p");
    terminal.shows("PAUSED");
    terminal.press("q");
    assert_eq!(terminal.ends().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_restores_the_terminal_when_interrupted() {
    let (_nats, mut terminal) = started().await;
    terminal.press("\u{3}");
    assert_eq!(terminal.ends().await, 130);
    for signal in ["TERM", "INT", "HUP"] {
        let (_nats, terminal) = started().await;
        let id = terminal.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(terminal.ends().await, 130, "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_server_is_waited_for() {
    let (mut nats, mut terminal) = started().await;
    nats.stop();
    terminal.shows("cannot be");
    nats.restart().await;
    scenario::publish_raw(
        &nats.connect("tests").await,
        "blog.evt.post.x.updated",
        &[],
        b"{}",
    )
    .await;
    // Only changed cells are written to the screen.
    terminal.shows("9");
    terminal.press("q");
    assert_eq!(terminal.ends().await, 0);
}

#[tokio::test]
async fn it_needs_a_terminal() {
    let nats = NatsServer::start().await;
    let outcome = events(&nats, &["top"]).await.exits(2);
    assert!(outcome.stderr.contains("top needs a terminal"), "{outcome:?}");
}
