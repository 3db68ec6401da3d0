//! `cargo xtask book`: makes the book of `docs/` as mdBook does, and follows every link of the pages that come out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mdbook_driver::MDBook;

use crate::{Failure, files, root};

/// Builds the book into `target/book`; a link in it that leads nowhere is a failure.
pub fn run(_: &[String]) -> Result<(), Failure> {
    let book = MDBook::load(root().join("docs"))?;
    book.build()?;
    let made = root().join("target/book");
    let faults = dead_links(&made)?;
    faults.iter().for_each(|fault| println!("{fault}"));
    match faults.len() {
        0 => {
            println!("{} pages in {}", files(&made, ".html")?.len(), made.display());
            Ok(())
        }
        count => Err(format!("{count} links of the book lead nowhere").into()),
    }
}

/// Links between the pages of a made book that lead nowhere. Links to the web are not followed.
fn dead_links(book: &Path) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for page in files(book, ".html")? {
        let html = fs::read_to_string(&page)?;
        let name = page.strip_prefix(book)?.display().to_string();
        // It holds all chapters, with links as their pages have them; and what a server shows stands at any path.
        if name == "print.html" || name == "404.html" {
            continue;
        }
        for link in attributes(&html, "href").chain(attributes(&html, "src")) {
            if is_dead(&page, &html, link)? {
                faults.push(format!("{name}: `{link}` leads nowhere"));
            }
        }
    }
    Ok(faults)
}

fn is_dead(page: &Path, html: &str, link: &str) -> Result<bool, Failure> {
    if link.contains(':') || link.starts_with("//") {
        return Ok(false);
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { page.with_file_name("").join(path) };
    if !target.exists() {
        return Ok(true);
    }
    if anchor.is_empty() || target.extension().is_none_or(|e| e != "html") {
        return Ok(false);
    }
    let text = if target == page { html.to_owned() } else { fs::read_to_string(&target)? };
    Ok(!attributes(&text, "id").collect::<BTreeSet<_>>().contains(anchor))
}

/// The values of an attribute, wherever it stands.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {name}=\"");
    let values: Vec<&str> =
        html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    values.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_pages_and_headings_are_followed() {
        let dir = std::env::temp_dir().join(format!("imgscan-book-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("b.html"), "<h2 id=\"there\">there</h2>").unwrap();
        let links =
            ["b.html", "b.html#there", "#here", "https://example.org/x", "b.html#gone", "gone.html", "#gone"];
        let page: String = links.iter().map(|l| format!("<a href=\"{l}\">x</a>")).collect();
        fs::write(dir.join("a.html"), format!("<h1 id=\"here\">here</h1>{page}")).unwrap();
        let faults = dead_links(&dir).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        let dead = ["b.html#gone", "gone.html", "#gone"].map(|l| format!("a.html: `{l}` leads nowhere"));
        assert_eq!(faults, dead);
    }
}
