//! Google's credentials for Google's registries, in the order of `gcrane` (go-containerregistry, `pkg/v1/google`):
//! application default credentials (the file that a variable names, the file of `gcloud auth application-default
//! login`, the metadata server), then what `gcloud` itself is logged in as.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::json;

use super::{Credential, helper};
use crate::environment::Environment;
use crate::registry::{Call, Http, form, small_json};

/// What an access token is for (`google.go`, `cloudPlatformScope`).
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Where a user's refresh token is changed into an access token.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// The user name that goes with an access token (`auth.go`).
const USERNAME: &str = "_token";
/// The metadata server's address; its name needs a name server.
const METADATA: &str = "169.254.169.254";
/// Off Google's machines nobody answers there.
const METADATA_TIME: Duration = Duration::from_millis(500);
/// Largest file of credentials read, in bytes.
const MOST: u64 = 64 << 10;

/// Whether a registry is one of Google's (`keychain.go`, `isGoogle`).
pub(super) fn is_google(registry: &str) -> bool {
    registry == "gcr.io" || [".gcr.io", ".pkg.dev", ".google.com"].iter().any(|end| registry.ends_with(end))
}

/// The credential for Google's registries. What fails on the way is told in `failed`.
pub(super) async fn credential(
    http: &Http,
    environment: &Environment,
    failed: &mut Vec<String>,
) -> Option<Credential> {
    let token = match default_token(http, environment, failed).await {
        Some(token) => Some(token),
        None => gcloud(environment, failed),
    };
    token.map(|token| Credential::basic(USERNAME, token))
}

/// A file of application default credentials.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum File {
    AuthorizedUser {
        client_id: String,
        client_secret: String,
        refresh_token: String,
        token_uri: Option<String>,
    },
    ServiceAccount {
        client_email: String,
        private_key: String,
        private_key_id: Option<String>,
        token_uri: String,
    },
    #[serde(other)]
    Other,
}

/// What Google's token servers answer.
#[derive(Deserialize)]
struct Token {
    access_token: String,
}

async fn default_token(http: &Http, environment: &Environment, failed: &mut Vec<String>) -> Option<String> {
    for path in files(environment) {
        let Some(file) = read(&path, failed) else { continue };
        match of_file(http, file).await {
            Ok(token) => return Some(token),
            Err(reason) => failed.push(format!("`{}`: {reason}", crate::shown::path(&path))),
        }
        // A file that is there is the user's choice; another account is none.
        return None;
    }
    metadata(http, environment).await
}

fn files(environment: &Environment) -> Vec<PathBuf> {
    if let Some(path) = environment.get("GOOGLE_APPLICATION_CREDENTIALS") {
        return vec![PathBuf::from(path)];
    }
    let folder = environment.get("CLOUDSDK_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| environment.home().map(|home| home.join(".config/gcloud")));
    folder.into_iter().map(|folder| folder.join("application_default_credentials.json")).collect()
}

fn read(path: &Path, failed: &mut Vec<String>) -> Option<File> {
    use std::io::Read as _;
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    match serde_json::from_slice(&bytes) {
        Ok(file) => Some(file),
        Err(_) => {
            failed.push(format!("`{}` holds no credentials of Google", crate::shown::path(path)));
            None
        }
    }
}

async fn of_file(http: &Http, file: File) -> Result<String, String> {
    match file {
        File::AuthorizedUser { client_id, client_secret, refresh_token, token_uri } => {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", &client_id),
                ("client_secret", &client_secret),
                ("refresh_token", &refresh_token),
            ];
            ask(http, token_uri.as_deref().unwrap_or(TOKEN_URL), &fields).await
        }
        File::ServiceAccount { client_email, private_key, private_key_id, token_uri } => {
            let assertion = assertion(&client_email, &private_key, private_key_id.as_deref(), &token_uri)?;
            let fields =
                [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
            ask(http, &token_uri, &fields).await
        }
        File::Other => Err("this kind of account is known to `gcloud` only".to_owned()),
    }
}

async fn ask(http: &Http, url: &str, fields: &[(&str, &str)]) -> Result<String, String> {
    let url = Url::parse(url).map_err(|e| format!("its `token_uri` is no URL: {e}"))?;
    // The secret goes there.
    if url.scheme() != "https" && !crate::registry::is_loopback(&url) {
        return Err("its `token_uri` is not https".to_owned());
    }
    let call = Call { form: Some(form(fields)), ..Call::get(url) };
    let token: Token = small_json(http, &call).await.map_err(|e| e.message)?;
    Ok(token.access_token)
}

/// A statement signed with a service account's key (RFC 7523), good for an hour.
fn assertion(email: &str, key: &str, key_id: Option<&str>, audience: &str) -> Result<String, String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = key_id {
        header["kid"] = json!(id);
    }
    let claims = json!({ "iss": email, "scope": SCOPE, "aud": audience, "iat": now, "exp": now + 3600 });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let bad = |_| "its private key is none".to_owned();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| bad(e.to_string()))?;
    let key = any_supported_type(&key).map_err(|e| bad(e.to_string()))?;
    let signer =
        key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or("its private key is not an RSA key")?;
    let signature = signer.sign(signed.as_bytes()).map_err(|e| bad(e.to_string()))?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The account of the machine, on Google's machines.
async fn metadata(http: &Http, environment: &Environment) -> Option<String> {
    let host = environment.get("GCE_METADATA_HOST").unwrap_or_else(|| METADATA.to_owned());
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    let url = Url::parse(&format!("http://{host}/{path}?scopes={SCOPE}")).ok()?;
    let call = Call { header: Some(("Metadata-Flavor", "Google")), tries: 1, ..Call::get(url) };
    let token: Result<_, _> = tokio::time::timeout(METADATA_TIME, small_json::<Token>(http, &call)).await;
    token.ok()?.ok().map(|token| token.access_token)
}

/// What `gcloud` answers.
#[derive(Deserialize)]
struct Gcloud {
    credential: Token,
}

fn gcloud(environment: &Environment, failed: &mut Vec<String>) -> Option<String> {
    let arguments = ["config", "config-helper", "--force-auth-refresh", "--format=json(credential)"];
    let run = || helper::run(environment, "gcloud", &arguments, "", imgscan_model::limits::HELPER);
    let reason = match tokio::task::block_in_place(run) {
        Ok((true, output)) => match serde_json::from_slice::<Gcloud>(&output) {
            Ok(answer) => return Some(answer.credential.access_token),
            Err(_) => "`gcloud` answers no credential".to_owned(),
        },
        Ok((false, _)) => "`gcloud` is not logged in".to_owned(),
        Err(reason) => reason,
    };
    failed.push(reason);
    None
}

#[cfg(test)]
#[path = "google_tests.rs"]
mod tests;
