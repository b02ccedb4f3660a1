//! What only npm's server can be told to do.

use crate::{
    guest::{Bot, POLLING, guest, parcel, soon},
    servers::{Host, Maker},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_find_the_way_back_to_the_same_back_end() {
    let host = Host::start(Maker::Npm, &["--sticky"]);
    let client = guest(&host.url()).transports(POLLING).connect(Bot::default()).unwrap();
    soon(client.connected()).await.unwrap();
    assert_eq!(soon(client.emit().echo(parcel("sticky"))).await.unwrap(), parcel("sticky"));
    let forgetful = guest(&host.url()).transports(POLLING).cookies(false).reconnection(false);
    let forgetful = forgetful.connect(Bot::default()).unwrap();
    assert!(soon(forgetful.connected()).await.is_err());
}
