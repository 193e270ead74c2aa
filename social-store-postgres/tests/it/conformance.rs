//! The suites of `social-core`, mounted on this store: once on a server, once on a pooler in transaction mode before it.

macro_rules! suites {
    ($route:ident) => {
        mod $route {
            mod events {
                use crate::schemas::Schemas;
                social_core::event_store_suite!(Schemas::$route());
                social_core::event_store_durability_suite!(Schemas::$route());
                social_core::event_store_wakes_suite!(Schemas::$route());
                social_core::event_store_cancellation_suite!(Schemas::$route());
            }

            mod installation {
                use crate::schemas::Schemas;
                social_core::installation_store_suite!(Schemas::$route());
                social_core::installation_store_durability_suite!(Schemas::$route());
                social_core::installation_store_instances_suite!(Schemas::$route());
                social_core::installation_store_lives_suite!(Schemas::$route());
            }

            mod limits {
                use crate::schemas::Schemas;
                social_core::limits_suite!(Schemas::$route());
                social_core::limits_durability_suite!(Schemas::$route());
                social_core::limits_cancellation_suite!(Schemas::$route());
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
                social_core::post_store_losses_suite!(Schemas::$route());
                social_core::post_store_wakes_suite!(Schemas::$route());
                social_core::post_store_cancellation_suite!(Schemas::$route());
            }

            mod sealed {
                use crate::schemas::Schemas;
                social_core::sealed_store_suite!(Schemas::$route());
                social_core::sealed_store_durability_suite!(Schemas::$route());
                social_core::sealed_store_cancellation_suite!(Schemas::$route());
            }

            mod told {
                use crate::schemas::Schemas;
                social_core::told_suite!(Schemas::$route());
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
