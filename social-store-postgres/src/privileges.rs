//! What the server and the role must allow, looked at when the store is opened, so that whoever runs it hears everything
//! that is missing at once.

use social_core::error::{Error, ErrorKind, Remedy, Result};
use sqlx::postgres::PgRow;

use crate::{db::Db, error::operator, sql, values::Cells};

sql::statements! {
    /// `$1` is the schema.
    SURROUNDINGS = "SELECT current_setting('server_version_num')::integer AS server,
            current_setting('server_version') AS server_name,
            has_database_privilege(current_database(), 'CREATE') AS may_make_schemas,
            n.oid IS NOT NULL AS is_there,
            coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS may_use,
            coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS may_make_tables
        FROM (SELECT 1) AS one LEFT JOIN pg_namespace n ON n.nspname = $1";
    /// Of what belongs to the owner of our tables; others may have put theirs beside them. A sequence that numbers a column
    /// by itself needs no privilege, nor does a part of a table, which is reached through the whole.
    MISSING = "WITH ours AS (SELECT relnamespace, relowner FROM pg_class WHERE oid = 'social.installation'::regclass),
        lacks (what, privilege) AS (
            SELECT 'table ' || c.relname, p FROM pg_class c JOIN ours USING (relnamespace, relowner),
                unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT has_table_privilege(c.oid, p)
            UNION ALL
            SELECT 'sequence ' || c.relname, 'USAGE' FROM pg_class c JOIN ours USING (relnamespace, relowner)
            WHERE CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE') ELSE false END
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')
            UNION ALL
            SELECT 'function ' || f.proname, 'EXECUTE' FROM pg_proc f
                JOIN ours ON f.pronamespace = relnamespace AND f.proowner = relowner
            WHERE NOT has_function_privilege(f.oid, 'EXECUTE'))
        SELECT string_agg(privilege || ' on ' || what, ', ' ORDER BY what, privilege) AS missing FROM lacks";
}

/// The oldest server whose SQL is used.
const OLDEST: i32 = 140_000;

/// Where the tables are, or are to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    may_make_schemas: bool,
    is_there: bool,
    may_use: bool,
    may_make_tables: bool,
}

impl Surroundings {
    /// Looks around; fails when the server is too old.
    pub(crate) async fn look(db: &Db) -> Result<Self> {
        let mut reader = db.read("postgres.open").await?;
        let look = db.query(SURROUNDINGS).bind(db.schema());
        let row = look.fetch_one(reader.conn()).await;
        Self::read(&reader.finish(row).await?)
    }

    fn read(row: &PgRow) -> Result<Self> {
        let cells = Cells::new(row, "pg_namespace");
        check_server(cells.get("server")?, cells.get("server_name")?)?;
        Ok(Self {
            may_make_schemas: cells.get("may_make_schemas")?,
            is_there: cells.get("is_there")?,
            may_use: cells.get("may_use")?,
            may_make_tables: cells.get("may_make_tables")?,
        })
    }

    /// Whether there can be tables to look at. Fails when there may be, but not for this role.
    pub(crate) fn has_schema(self, db: &Db) -> Result<bool> {
        if self.is_there && !self.may_use {
            return Err(lacks(&format!("USAGE on schema {}", db.schema())));
        }
        Ok(self.is_there)
    }

    /// Fails when this role may not make the tables.
    pub(crate) fn may_migrate(self, db: &Db) -> Result<()> {
        match self {
            Self {
                is_there: false,
                may_make_schemas: false,
                ..
            } => Err(lacks(&format!(
                "CREATE on the database, to make the schema {}",
                db.schema()
            ))),
            Self {
                is_there: true,
                may_make_tables: false,
                ..
            } => Err(lacks(&format!("CREATE on schema {}", db.schema()))),
            _ => Ok(()),
        }
    }
}

/// Fails when this role may not read and write every table.
pub(crate) async fn check(db: &Db) -> Result<()> {
    let mut reader = db.read("postgres.open").await?;
    let row = db.query(MISSING).fetch_one(reader.conn()).await;
    let row = reader.finish(row).await?;
    match Cells::new(&row, "pg_class").get::<Option<&str>>("missing")? {
        Some(missing) => Err(lacks(missing)),
        None => Ok(()),
    }
}

/// Names tables and privileges only.
fn lacks(missing: &str) -> Error {
    operator(format!(
        "the role of the database lacks privileges; grant it {missing}"
    ))
    .with_code("missing_privilege")
}

fn check_server(version: i32, name: &str) -> Result<()> {
    if version >= OLDEST {
        return Ok(());
    }
    let name = name.split_whitespace().next().unwrap_or_default();
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("the server is PostgreSQL {name}; this needs 14 or newer"),
    )
    .with_remedy(Remedy::Operator))
}

#[cfg(test)]
mod tests {
    use social_core::error::{ErrorKind, Remedy};

    use super::check_server;

    #[test]
    fn an_old_server_is_refused() {
        check_server(140_000, "14.0").unwrap();
        check_server(180_001, "18.1").unwrap();
        let error = check_server(130_014, "13.14 (Debian 13.14-0)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(*error.remedy(), Remedy::Operator);
        let said = error.to_string();
        assert!(said.contains("PostgreSQL 13.14;") && said.contains("14 or newer"));
    }
}
