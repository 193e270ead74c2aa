//! The suites of `social-core`, mounted on this store: once on a server, once on a pooler in transaction mode before it.

macro_rules! suites {
    ($route:ident) => {
        mod $route {
            mod installation {
                use crate::schemas::Schemas;
                social_core::installation_store_suite!(Schemas::$route());
                social_core::installation_store_durability_suite!(Schemas::$route());
                social_core::installation_store_lives_suite!(Schemas::$route());
            }

            mod logins {
                use crate::schemas::Schemas;
                social_core::login_store_suite!(Schemas::$route());
                social_core::login_store_durability_suite!(Schemas::$route());
            }

            mod posts {
                use crate::schemas::Schemas;
                social_core::post_store_suite!(Schemas::$route());
                social_core::post_store_durability_suite!(Schemas::$route());
            }

            mod tokens {
                use crate::schemas::Schemas;
                social_core::token_store_suite!(Schemas::$route());
                social_core::token_store_durability_suite!(Schemas::$route());
            }
        }
    };
}

suites!(direct);
suites!(pooled);
