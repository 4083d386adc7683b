//! Measures the claim about pages: from memory, the home page and a post's page are served at least at half the rate of the
//! same bytes from a bare axum handler, measured alternately within one run.
//!
//! The pages are served by the real program over the real services; the bare handler is a process of its own too. The
//! load is 64 connections, each of which sends its next request right after a response; latencies are those under this
//! load, at the limit of the machine.
//!
//! `cargo xtask bench pages`. `BENCH_SECONDS` sets how long each measurement lasts, by default 4.

mod bare;
mod blog;
mod load;

use std::{env, time::Duration};

use anyhow::ensure;

use crate::{blog::Blog, load::Measured};

/// The minimum rate of a page, relative to the bare handler.
const SHARE: f64 = 0.5;
/// The number of alternate measurements, of which the median counts.
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    if let (Some("bare"), Some(file)) = (arguments.next().as_deref(), arguments.next()) {
        return bare::serve(&file).await;
    }
    let seconds: u64 = env::var("BENCH_SECONDS").map_or(Ok(4), |text| text.parse())?;
    let (blog, time) = (Blog::start().await?, Duration::from_secs(seconds));
    let mut failed = Vec::new();
    for (name, path) in [("home", "/".to_owned()), ("post", blog.post.clone())] {
        let page = load::once(&blog.address(), &path).await?;
        let bare = bare::Bare::start(&page).await?;
        // Warm-up.
        for address in [&bare.address, &blog.address()] {
            load::run(address, &path, Duration::from_secs(1)).await?;
        }
        let (mut bares, mut pages) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bares.push(load::run(&bare.address, &path, time).await?);
            pages.push(load::run(&blog.address(), &path, time).await?);
        }
        let (bare, page_rate) = (median(bares), median(pages));
        let share = page_rate.rate / bare.rate;
        print_result(&format!("bare handler, {} bytes", page.body.len()), &bare, None);
        print_result(&format!("{name} page"), &page_rate, Some(share));
        if share < SHARE {
            failed.push(format!("{name}: {share:.2}"));
        }
    }
    blog.finish().await;
    ensure!(
        failed.is_empty(),
        "less than {SHARE} of the bare handler's rate: {}",
        failed.join(", ")
    );
    Ok(())
}

fn median(mut of: Vec<Measured>) -> Measured {
    of.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    of.swap_remove(of.len() / 2)
}

#[allow(clippy::print_stdout, reason = "the result")]
fn print_result(what: &str, measured: &Measured, share: Option<f64>) {
    let Measured { rate, p50, p99 } = measured;
    let millis = |time: &Duration| time.as_secs_f64() * 1000.0;
    let share = share.map_or_else(String::new, |share| format!("   {share:.2} of the bare handler"));
    println!(
        "{what:<28} {rate:>8.0} requests/s   p50 {:>5.2} ms   p99 {:>5.2} ms{share}",
        millis(p50),
        millis(p99)
    );
}
