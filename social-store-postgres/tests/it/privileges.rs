//! Roles that may do little: whoever opens a store hears all that is missing.

use social_core::{
    error::{Error, ErrorKind, Remedy},
    store::{Expect, InstallationStore, TokenStore},
};
use social_store_postgres::PgStore;
use url::Url;

use crate::{
    fixtures::{key, token},
    schemas::{Schemas, database_url, run, unique_name},
};

const PASSWORD: &str = "only-for-this-test";

/// A role of its own, without any privilege.
struct Role(String);

impl Role {
    async fn new() -> Self {
        let name = unique_name();
        run(format!(
            "DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"
        ))
        .await;
        Self(name)
    }

    async fn open(&self, schema: &str) -> Result<PgStore, Error> {
        let mut url = Url::parse(&database_url()).unwrap();
        url.set_username(&self.0).unwrap();
        url.set_password(Some(PASSWORD)).unwrap();
        PgStore::builder()
            .schema(schema)
            .connect(url.as_str())
            .await
    }

    /// What it hears that it lacks.
    async fn lacks(&self, schema: &str) -> String {
        let error = self.open(schema).await.expect_err("opens");
        assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
        assert_eq!(*error.remedy(), Remedy::Operator, "{error:?}");
        assert_eq!(error.code(), Some("missing_privilege"), "{error:?}");
        error.to_string()
    }

    async fn drop(self) {
        run(format!("DROP OWNED BY {0}; DROP ROLE {0}", self.0)).await;
    }
}

#[tokio::test]
async fn a_role_that_only_works_needs_what_the_readme_says() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let owner = schemas.connect(&name).await;
    let role = Role::new().await;
    let said = role.lacks(&name).await;
    assert!(said.contains(&format!("USAGE on schema {name}")), "{said}");

    run(format!("GRANT USAGE ON SCHEMA {name} TO {}", role.0)).await;
    let said = role.lacks(&name).await;
    for missing in [
        "SELECT on table installation",
        "DELETE on table accounts",
        "INSERT on table logins",
    ] {
        assert!(said.contains(missing), "{missing} in {said}");
    }

    run(format!(
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {name} TO {}",
        role.0
    ))
    .await;
    let said = role.lacks(&name).await;
    assert!(
        said.contains("DELETE on table offers") && !said.contains("INSERT"),
        "{said}"
    );

    run(format!(
        "GRANT DELETE ON ALL TABLES IN SCHEMA {name} TO {}",
        role.0
    ))
    .await;
    let said = role.lacks(&name).await;
    let sequence = "USAGE on sequence webhook_event_numbers";
    assert!(said.contains(sequence), "{said}");

    run(format!(
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO {}",
        role.0
    ))
    .await;
    let said = role.lacks(&name).await;
    let function = "EXECUTE on function drop_event_ids";
    assert!(said.contains(&format!("grant it {function}, ")), "{said}");

    run(format!(
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {name} TO {}",
        role.0
    ))
    .await;
    let store = role.open(&name).await.unwrap();
    store.save(&token("a"), Expect::Absent).await.unwrap();
    assert!(store.remove(&key("a")).await.unwrap());
    let lives = store.incarnations().await.unwrap();
    assert_eq!(
        lives,
        owner.incarnations().await.unwrap(),
        "every role hears the same"
    );
    assert!(lives.is_same());
    store.close().await;
    role.drop().await;
}

#[tokio::test]
async fn a_role_that_migrates_needs_to_make_a_schema_or_tables_in_it() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    let role = Role::new().await;
    run(format!(
        "REVOKE CREATE ON DATABASE {} FROM PUBLIC",
        database()
    ))
    .await;
    let said = role.lacks(&name).await;
    assert!(
        said.contains("CREATE on the database") && said.contains(&name),
        "{said}"
    );

    run(format!(
        "CREATE SCHEMA {name}; GRANT USAGE ON SCHEMA {name} TO {}",
        role.0
    ))
    .await;
    let said = role.lacks(&name).await;
    assert!(said.contains(&format!("CREATE on schema {name}")), "{said}");

    run(format!("GRANT CREATE ON SCHEMA {name} TO {}", role.0)).await;
    let store = role.open(&name).await.unwrap();
    store.save(&token("a"), Expect::Absent).await.unwrap();
    let lives = store.incarnations().await.unwrap();
    assert!(
        lives.is_same() && !lives.present.as_str().contains("unknown"),
        "{lives:?}"
    );
    store.close().await;
    role.drop().await;
}

fn database() -> String {
    let url = Url::parse(&database_url()).unwrap();
    url.path().trim_start_matches('/').to_owned()
}

#[tokio::test]
async fn a_privilege_that_is_taken_away_later_is_an_error_that_says_so() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await;
    let role = Role::new().await;
    run(format!(
        "GRANT USAGE ON SCHEMA {name} TO {0};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {0};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO {0};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {name} TO {0}",
        role.0
    ))
    .await;
    let store = role.open(&name).await.unwrap();
    run(format!("REVOKE INSERT ON {name}.accounts FROM {}", role.0)).await;
    let error = store.save(&token("a"), Expect::Absent).await.unwrap_err();
    assert_eq!(error.code(), Some("sqlstate_42501"));
    assert_eq!(*error.remedy(), Remedy::Operator);
    assert_eq!(error.operation(), Some("tokens.save"));
    store.close().await;
    role.drop().await;
}

#[tokio::test]
async fn a_right_on_a_table_is_one_on_its_parts_and_none_on_a_part_makes_up_for_it() {
    let schemas = Schemas::direct();
    let name = schemas.name().await;
    schemas.connect(&name).await;
    let role = Role::new().await;
    run(format!(
        "CREATE TABLE {name}.log (number bigint, day date) PARTITION BY RANGE (day);
        GRANT USAGE ON SCHEMA {name} TO {0};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {0};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO {0};
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {name} TO {0};
        CREATE TABLE {name}.log_1 PARTITION OF {name}.log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')
            PARTITION BY RANGE (day);
        CREATE TABLE {name}.log_1_a PARTITION OF {name}.log_1 FOR VALUES FROM ('2026-01-01') TO ('2026-01-16')",
        role.0
    ))
    .await;
    role.open(&name).await.unwrap().close().await;

    run(format!(
        "REVOKE INSERT ON {name}.log FROM {0}; GRANT ALL ON {name}.log_1, {name}.log_1_a TO {0}",
        role.0
    ))
    .await;
    let said = role.lacks(&name).await;
    assert!(said.contains("grant it INSERT on table log ("), "{said}");
    role.drop().await;
}
