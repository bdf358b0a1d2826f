//! What lets people in, and when it no longer does.

use domain::access::Access;
use domain::id::SessionId;

use super::bed::on_each_engine;
use crate::{NewSession, NewToken, StoreError, new_id, now};

#[test]
fn a_session_lets_in_until_it_expires_or_is_ended() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", Some("$argon2id$…"), true).await.unwrap();
        let of = |secret: &str, millis| NewSession {
            user_id: ada.id,
            secret_sha256: secret.repeat(64),
            expires_at: now().plus(millis),
            user_agent: "agent ".repeat(100),
            address: Some("192.0.2.1".to_owned()),
        };
        let good = store.create_session(of("a", 60_000)).await.unwrap();
        store.create_session(of("b", 0)).await.unwrap();
        let (session, user) = store.session_by_secret(&"a".repeat(64)).await.unwrap().unwrap();
        assert_eq!((session.clone(), user), (good.clone(), ada.clone()));
        assert!(session.user_agent.len() <= 200);
        assert_eq!(store.session_by_secret(&"b".repeat(64)).await.unwrap(), None, "expired");
        assert_eq!(store.sessions(ada.id).await.unwrap(), std::slice::from_ref(&good));
        assert_eq!(store.prune_access().await.unwrap(), 1);
        let bob = store.create_user("bob", None, false).await.unwrap();
        assert_eq!(store.delete_session(good.id, bob.id).await, Err(StoreError::NotFound), "not bob's");
        let kept = store.create_session(of("c", 60_000)).await.unwrap();
        assert_eq!(store.delete_sessions_but(ada.id, Some(kept.id)).await.unwrap(), 1);
        store.delete_session(kept.id, ada.id).await.unwrap();
        assert_eq!(store.session_by_secret(&"c".repeat(64)).await.unwrap(), None);
        let nobody = NewSession {
            user_id: domain::id::UserId(new_id()),
            ..of("d", 60_000)
        };
        assert!(matches!(store.create_session(nobody).await, Err(StoreError::Conflict(_))));
        assert_eq!(store.delete_session(SessionId(new_id()), ada.id).await, Err(StoreError::NotFound));
    });
}

#[test]
fn a_link_lets_one_in_once() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, true).await.unwrap();
        let secret = "e".repeat(64);
        store.create_link(&secret, ada.id, now().plus(60_000)).await.unwrap();
        store.create_link(&"f".repeat(64), ada.id, now()).await.unwrap();
        let uses = (0..10).map(|_| {
            let (store, secret) = (store.clone(), secret.clone());
            tokio::spawn(async move { store.use_link(&secret).await.unwrap() })
        });
        let mut let_in = Vec::new();
        for used in uses.collect::<Vec<_>>() {
            let_in.extend(used.await.unwrap());
        }
        assert_eq!(let_in, [ada]);
        assert_eq!(store.use_link(&secret).await.unwrap(), None);
        assert_eq!(store.use_link(&"f".repeat(64)).await.unwrap(), None, "expired");
        assert_eq!(store.use_link("no such link").await.unwrap(), None);
    });
}

#[test]
fn a_token_carries_its_owners_rights_and_remembers_its_use() {
    on_each_engine(|store, _| async move {
        let ada = store.create_user("ada", None, false).await.unwrap();
        let of = |secret: &str, expires_at| NewToken {
            user_id: ada.id,
            name: "CI 部署".to_owned(),
            secret_sha256: secret.repeat(64),
            expires_at,
            scope: None,
        };
        let token = store.create_token(of("a", None)).await.unwrap();
        store.create_token(of("b", Some(now()))).await.unwrap();
        assert_eq!(
            store.token_by_secret(&"a".repeat(64)).await.unwrap(),
            Some((token.clone(), ada.clone()))
        );
        assert_eq!(store.token_by_secret(&"b".repeat(64)).await.unwrap(), None, "expired");
        store.touch_token(&token).await.unwrap();
        let (used, _) = store.token_by_secret(&"a".repeat(64)).await.unwrap().unwrap();
        assert!(used.last_used_at.is_some());
        assert_eq!(store.tokens(ada.id).await.unwrap().len(), 2);
        store.delete_token(token.id, ada.id).await.unwrap();
        assert_eq!(store.token_by_secret(&"a".repeat(64)).await.unwrap(), None);
    });
}

#[test]
fn people_belong_to_teams_with_a_role() {
    on_each_engine(|store, _| async move {
        assert_eq!(store.count_users().await.unwrap(), 0);
        let (ada, bob) = (
            store.create_user("ada", None, true).await.unwrap(),
            store.create_user("bob", None, false).await.unwrap(),
        );
        let (one, two) = (store.create_team("one").await.unwrap(), store.create_team("two").await.unwrap());
        store.set_member(one.id, bob.id, Access::Viewer).await.unwrap();
        store.set_member(one.id, bob.id, Access::Developer).await.unwrap();
        assert!(matches!(
            store.set_member(one.id, bob.id, Access::PlatformAdmin).await,
            Err(StoreError::Invalid(_))
        ));
        let of_bob = store.memberships(bob.id, false).await.unwrap();
        assert_eq!(
            of_bob.iter().map(|of| (of.team_id, of.role)).collect::<Vec<_>>(),
            [(one.id, Access::Developer)]
        );
        let of_ada = store.memberships(ada.id, true).await.unwrap();
        assert_eq!(
            of_ada.iter().map(|of| (of.team_id, of.role)).collect::<Vec<_>>(),
            [(one.id, Access::TeamAdmin), (two.id, Access::TeamAdmin)]
        );
        assert_eq!(store.members(one.id).await.unwrap(), [(bob.clone(), Access::Developer)]);
        store.set_password(bob.id, "hash").await.unwrap();
        assert_eq!(
            store.user_by_name("bob").await.unwrap().unwrap().password_hash.as_deref(),
            Some("hash")
        );
        assert_eq!(store.user_by_name("BOB").await.unwrap(), None);
        assert!(matches!(store.create_user("bob", None, false).await, Err(StoreError::Conflict(_))));
        assert_eq!(store.users().await.unwrap().len(), 2);
        let names = store.user_names(&[bob.id, domain::id::UserId(new_id())]).await.unwrap();
        assert_eq!(Vec::from_iter(names), [(bob.id, "bob".to_owned())]);
    });
}
