//! A blob as a stream: pulled chunk by chunk on the reader's own thread, so that a slow reader holds the sender back and
//! no memory fills; taken up again where it broke off.

use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE};
use reqwest::{Response, Url};

use super::answer;
use super::auth::Scope;
use super::failure::{Tries, chain};
use super::session::{Ask, Session};
use crate::digest::Digest;
use crate::error::{ErrorKind, SourceError, damaged, network};
use crate::options::Event;

/// A blob begins anew at most this often, however much comes between.
const RESUMPTIONS: u32 = 32;

/// Which blob of which repository.
#[derive(Clone)]
pub(crate) struct BlobName {
    pub(crate) session: Arc<Session>,
    pub(crate) repository: String,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// `layer`, `config`: the word in messages.
    pub(crate) word: &'static str,
    /// Where it lies, if not in the repository (`urls` of a descriptor).
    pub(crate) elsewhere: Option<Url>,
}

impl BlobName {
    fn shown(&self) -> String {
        format!("the {} `{}`", self.word, self.digest)
    }

    /// Starts reading.
    pub(crate) fn open(self) -> Result<BlobStream, SourceError> {
        let http = Arc::clone(&self.session.http);
        let response = http.wait(async {
            let mut tries = Tries::new(&self.session.http);
            self.request(0, &mut tries).await
        })?;
        http.options.progress.tell(|| Event::BlobStarted { blob: self.digest.to_string(), size: self.size });
        Ok(BlobStream {
            name: self,
            response: Some(response.0),
            chunk: Bytes::new(),
            pending: Bytes::new(),
            received: 0,
            resumptions: 0,
        })
    }

    /// So many bytes from an offset on, by one request for one range: registries answer several ranges with the whole blob
    /// or not at all (S3, GCS, ECR), and an answer to another request is no answer to this one. `None` for all that is not
    /// exactly the range asked for, and where the registry does not hold the blob: reading it whole tells why.
    pub(crate) fn range(&self, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let http = Arc::clone(&self.session.http);
        let bytes = http.wait(self.fetch_range(from, length))?;
        if let Some(bytes) = &bytes {
            let bytes = bytes.len() as u64;
            http.options.progress.tell(|| Event::BlobBytes { blob: self.digest.to_string(), bytes });
        }
        Ok(bytes)
    }

    async fn fetch_range(&self, from: u64, length: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let last = from.saturating_add(length).saturating_sub(1);
        let scope = Scope::pull(&self.repository);
        let path = format!("{}/blobs/{}", self.repository, self.digest);
        let ask = Ask { path, accept: None, range: Some((from, last)), head: false, scope };
        let mut tries = Tries::new(&self.session.http);
        loop {
            // Some registries refuse what they do not know with 400. Whatever it is: reading the blob whole tells.
            let Ok(response) = self.session.send(&ask, &mut tries).await else { return Ok(None) };
            if !is_exactly(&response, from..=last, self.size) {
                return Ok(None);
            }
            match answer::body(response, length, &self.shown()).await {
                Ok(bytes) => return Ok(Some(bytes).filter(|bytes| bytes.len() as u64 == length)),
                Err(failure) if failure.passing => tries.again(failure.error, None).await?,
                Err(_) => return Ok(None),
            }
        }
    }

    /// Asks for the bytes from `from` on. Also how many bytes of the answer lie before `from`.
    async fn request(&self, from: u64, tries: &mut Tries<'_>) -> Result<(Response, u64), SourceError> {
        let range = (from > 0).then(|| (from, self.size.saturating_sub(1)));
        let response = match &self.elsewhere {
            Some(url) => self.session.send_elsewhere(url, range, tries).await?,
            None => {
                let scope = Scope::pull(&self.repository);
                let path = format!("{}/blobs/{}", self.repository, self.digest);
                self.session.send(&Ask { path, accept: None, range, head: false, scope }, tries).await?
            }
        };
        let host = self.elsewhere.as_ref().and_then(Url::host_str).unwrap_or(self.session.name());
        let what = self.shown();
        let skip = match response.status().as_u16() {
            200 => from,
            206 if from > 0 => {
                let told = response.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok()).unwrap_or("");
                if !told.starts_with(&format!("bytes {from}-")) {
                    let told = crate::shown::text(told);
                    return Err(network(format!(
                        "`{host}` answers with another part of {what} than asked for: `{told}`"
                    )));
                }
                0
            }
            // The manifest is there and names it: the image is not whole.
            404 => {
                let error = answer::error(response, &what, host).await;
                return Err(SourceError { kind: ErrorKind::Damaged, ..error });
            }
            _ => return Err(answer::error(response, &what, host).await),
        };
        if let Some(encoding) = response.headers().get(CONTENT_ENCODING).filter(|e| *e != "identity") {
            let encoding = crate::shown::bytes(encoding.as_bytes());
            return Err(damaged(format!(
                "`{host}` sends {what} packed with `{encoding}`, which was not asked for"
            )));
        }
        let expected = self.size.saturating_sub(from.saturating_sub(skip));
        if let Some(length) = response.content_length().filter(|length| *length != expected) {
            let size = length + from - skip;
            let said = self.size;
            return Err(damaged(format!("{what} has {size} bytes in `{host}`; its descriptor tells {said}")));
        }
        Ok((response, skip))
    }
}

/// Whether an answer holds exactly this range of a blob of so many bytes.
fn is_exactly(response: &Response, range: RangeInclusive<u64>, size: u64) -> bool {
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap_or(""));
    let told = format!("bytes {}-{}", range.start(), range.end());
    let total = header(CONTENT_RANGE).and_then(|value| value.strip_prefix(&told)?.strip_prefix('/'));
    response.status() == 206
        && total.is_some_and(|total| total == "*" || total.parse() == Ok(size))
        && header(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity")
}

/// A blob that is being read.
pub(crate) struct BlobStream {
    name: BlobName,
    response: Option<Response>,
    /// What is being handed out.
    chunk: Bytes,
    /// What a resumption left of its first chunk.
    pending: Bytes,
    /// Bytes received so far, handed out or not.
    received: u64,
    resumptions: u32,
}

impl BlobStream {
    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Bytes, SourceError> {
        let session = Arc::clone(&self.name.session);
        let mut tries = Tries::new(&session.http);
        loop {
            if !self.pending.is_empty() {
                let chunk = std::mem::take(&mut self.pending);
                self.received += chunk.len() as u64;
                return Ok(chunk);
            }
            let broken = match &mut self.response {
                Some(response) => match response.chunk().await {
                    Ok(Some(chunk)) if chunk.is_empty() => continue,
                    Ok(Some(chunk)) => {
                        self.received += chunk.len() as u64;
                        return Ok(chunk);
                    }
                    Ok(None) if self.received >= self.name.size => return Ok(Bytes::new()),
                    Ok(None) => "the connection was closed".to_owned(),
                    Err(error) => chain(&error),
                },
                None => return Ok(Bytes::new()),
            };
            self.response = None;
            let (what, size, received) = (self.name.shown(), self.name.size, self.received);
            let error = network(format!("{what} breaks off after {received} of {size} bytes: {broken}"));
            self.resumptions += 1;
            if self.resumptions > RESUMPTIONS {
                return Err(error);
            }
            tries.again(error, None).await?;
            self.resume(&mut tries).await?;
        }
    }

    /// Asks for the rest. Where the other side knows no ranges, what was received already is passed over: the hash goes
    /// on over the bytes received the first time.
    async fn resume(&mut self, tries: &mut Tries<'_>) -> Result<(), SourceError> {
        let (mut response, mut skip) = self.name.request(self.received, tries).await?;
        while skip > 0 {
            match response.chunk().await {
                Ok(Some(mut chunk)) if chunk.len() as u64 > skip => {
                    chunk.advance(usize::try_from(skip).unwrap_or(0));
                    self.pending = chunk;
                    skip = 0;
                }
                Ok(Some(chunk)) => skip -= chunk.len() as u64,
                // It breaks off again before the point reached: the next read tries once more.
                Ok(None) | Err(_) => break,
            }
        }
        self.response = Some(response);
        Ok(())
    }
}

impl Read for BlobStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            let http = Arc::clone(&self.name.session.http);
            let chunk = http.wait(self.next())?;
            self.chunk = chunk;
            let bytes = self.chunk.len() as u64;
            http.options.progress.tell(|| Event::BlobBytes { blob: self.name.digest.to_string(), bytes });
        }
        let count = self.chunk.len().min(buffer.len());
        if let Some(into) = buffer.get_mut(..count) {
            self.chunk.copy_to_slice(into);
        }
        Ok(count)
    }
}
