//! Which rule is held by which function, and which test shows it.
//!
//! Tests with `oidcc_client_test` in their name stand for the module of the official conformance suite of that name.
//! The names below are checked by a test of their own.
//!
//! # OpenID Connect Core 1.0
//!
//! ## 3.1.2: the authorization request and its answer
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 3.1.2.1 | `openid` is always asked for; own parameters are never overwritten | `authorization::pairs` | `q03_own_parameters_cannot_be_injected` |
//! | 3.1.2.1 | `prompt=none` stands alone; values are encoded | `authorization::check` | `q18_q20_impossible_combinations`, `q04_q05_the_query_is_kept_and_values_are_encoded` |
//! | 3.1.2.1 | a fresh `nonce` for each login | `secret::generate` | `i02_a_nonce_is_always_sent_and_never_the_same` |
//! | 3.1.2.5 | the answer belongs to this login; no parameter twice | `callback::accept` | `x01_to_x19_refusals`, `duplicate_callback_parameter` |
//! | 3.1.2.6 | an error is one, also beside a code | `callback::accept` | `code_and_error`, `what_the_visitor_or_the_provider_refuses_comes_back_as_an_error` |
//! | 3.1.2.1 | the same request by a POST, as a page that submits itself to the endpoint alone | `form::new` | `a_posted_request_is_the_same_request`, `a_request_for_another_endpoint_is_no_form` |
//! | 3.1.2.1 | every parameter under its name | `authorization::pairs` | `every_parameter_is_sent_under_its_name` |
//!
//! ## 3.1.3: the token request and the ID token
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 3.1.3.1 | the code with the redirect URI, authenticated as registered | `finish_login::exchange`, `endpoint_auth::prepare` | `oidcc_client_test`, `oidcc_client_test_client_secret_post` |
//! | 3.1.3.3 | a response without an ID token is no login | `finish_login::exchanging` | `missing_id_token`, `i21_a_login_without_an_id_token` |
//! | 3.1.3.7 (2) | `iss` is the issuer, exactly, or what the application says so of | `issuer_rules::of_token` | `oidcc_client_test_invalid_iss`, `c11_in_the_id_token`, `c11_one_slash_and_nothing_else`, `the_issuer_is_the_template_with_the_tokens_own_tid` |
//! | 15.6.2 | an alias is known in ID tokens only | `issuer_rules::of_token` | `an_alias_is_known_in_id_tokens_only` |
//! | 15.6.2 | Google's alias is known under its profile, and put down to it | `profiled::credit` | `google_may_leave_the_scheme_of_its_issuer_out` |
//! | 3.1.3.7 (3) | `aud` names this client, and no audience that is not trusted | `id_token::check_audiences` | `oidcc_client_test_invalid_aud`, `oidcc_client_test_missing_aud`, `i12_other_audiences_are_refused_unless_trusted` |
//! | 3.1.3.7 (4, 5) | `azp`, if there, is this client, or one that the application trusts | `id_token::validate` | `i11_azp_names_this_client_or_nobody`, `i11_a_foreign_azp_only_where_it_was_said` |
//! | 3.1.3.7 (6) | the signature is good under a key of the provider | `jws::verify_or_keep`, `keys::take_in` | `oidcc_client_test_invalid_sig_rs256`, `oidcc_client_test_invalid_sig_es256` |
//! | 3.1.3.7 (7) | only the registered algorithm, never `none` | `jws::check_header` | `oidcc_client_test_idtoken_sig_none`, `h04_h05_only_the_registered_algorithm` |
//! | 3.1.3.7 (8) | HMAC is keyed with the client secret | `verify::verify_with_secret`, `hmac::verify` | `oidcc_client_test_invalid_sig_hs256`, `h03_a_published_symmetric_key_is_no_key` |
//! | 3.1.3.7 (9) | not expired | `jwt::not_expired` | `fapi2_security_profile_final_client_test_invalid_expired_exp`, `c02_the_boundary_of_exp_is_exact` |
//! | 3.1.3.7 (10) | issued neither in the future nor, if so chosen, too long ago | `jwt::not_after_now`, `jwt::not_older_than` | `oidcc_client_test_missing_iat`, `c05_iat_in_the_future_or_long_ago` |
//! | 3.1.3.7 (11) | `nonce` is there and the one that was sent | `id_token::check_nonce` | `oidcc_client_test_nonce_invalid`, `i01_a_nonce_that_is_not_the_one_sent` |
//! | 3.1.3.7 (12) | `acr` is one of those that were required, or that the application accepts | `id_token::validate` | `wrong_acr_where_one_is_required`, `i17_a_required_acr`, `i17_an_acr_that_the_application_accepts` |
//! | 3.1.3.7 (13) | `auth_time` within `max_age`, and not before an instant, if so chosen | `id_token::validate` | `i15_auth_time_must_be_there_where_it_was_asked_for`, `i16_auth_time_within_max_age`, `i16_an_authentication_before_an_instant` |
//! | 3.1.3.8 | `at_hash` fits the access token | `algorithm::left_half_hash` | `oidcc_client_test_invalid_athash`, `i09_near_misses_for_each_algorithm` |
//! | 2 | `sub` is one non-empty text of at most 255 characters | `id_token::validate` | `oidcc_client_test_missing_sub`, `j21_shapes_of_sub` |
//! | 10.1.1 | the client's own signing keys are published before and after they sign | `client_keys::rotate_signing_key` | `a_signing_key_is_published_before_and_after_it_signs`, `an_assertion_is_good_while_its_key_is_published` |
//! | 10.2.1 | its decryption keys decrypt for a while after they were published | `client_keys::rotate_decryption_key` | `a_decryption_key_decrypts_after_it_was_published` |
//! | 10.1.1 | a new key id makes the key set be read again | `key_cache::admit` | `oidcc_client_test_signing_key_rotation`, `k14_a_thousand_junk_key_ids_at_once_cause_one_request` |
//!
//! ## 3.2 and 3.3: tokens through the browser, 4: logins that others start, 11: offline access
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 3.2.2.1 | a token through the browser bears a `nonce` | `authorization_request::finish` | `oidcc_client_test_nonce_unless_code_flow`, `what_is_left_out_is_left_out_only_where_that_was_asked_for` |
//! | 3.2.2.11, 3.3.2.12 | an ID token through the browser is verified like any other, `nonce` included, before the code is spent | `finish_implicit_login::advance`, `finish_login::vouching` | `every_implicit_type_over_every_mode`, `every_hybrid_type_over_every_mode`, `what_a_login_demands_holds_for_both_id_tokens` |
//! | 3.2.2.5, 3.3.2.5 | what the response type says is there, and nothing else | `callback::accept`, `front_channel::tokens` | `x12_a_response_without_what_was_asked_for`, `x13_a_response_with_what_was_not_asked_for` |
//! | 3.2.2.9, 3.3.2.9 | `at_hash` is there and fits the access token that came along | `id_token::validate` | `i14_an_access_token_of_another_login_is_injected`, `oidcc_client_test_missing_athash` |
//! | 3.3.2.10, 3.3.2.11 | `c_hash` is there and fits the code, before the code is spent | `id_token::validate`, `finish_login::vouching` | `i14_a_code_of_another_login_is_injected`, `oidcc_client_test_invalid_chash`, `oidcc_client_test_missing_chash` |
//! | 3.3.3.3 | the token endpoint gives an ID token too | `finish_login::exchanging` | `i20_the_token_endpoint_gives_no_id_token_or_one_of_another_nonce` |
//! | 3.3.3.6 | both ID tokens agree | `front_channel::agree` | `i19_both_id_tokens_are_about_the_same_login`, `i19_a_claim_that_is_in_one_of_them_only_contradicts_nothing` |
//! | 3.1.2.1, 5.7 | a hint is about the subject of its own issuer | `front_channel::validate` | `i18_i23_a_hint_is_about_the_subject_of_its_own_tenant` |
//! | 3.3.3.8 | of two access tokens, the token endpoint's is the login's | `finish_login::verifying` | `every_hybrid_type_over_every_mode` |
//! | 4 | `iss` is this client's; `target_link_uri` leads into this application | `initiation::check` | `a_login_that_another_site_asked_for` |
//! | 5.5 | `claims` as JSON, and no demand in it that nobody checks | `authorization::claims_json` | `every_form_of_oidc_core_5_5_1`, `claims_and_registration_are_json` |
//! | 7.2.1 | `registration` as JSON | `authorization::pairs` | `claims_and_registration_are_json` |
//! | 11 | `prompt=consent` for the scope `offline_access`, unless a prompt was chosen | `authorization::prompts` | `offline_access_adds_prompt_consent` |
//!
//! ## 6: request objects, and RFC 9101
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 6.1, RFC 9101 4 | every parameter as a claim, numbers and objects as such | `request_object::parameters` | `oidc_core_6_1_an_object_holds_every_parameter` |
//! | 6.1, RFC 9101 5 | the address repeats what must be there, with the same values, and nothing else | `request_object::repeated` | `oidc_core_6_1_an_object_holds_every_parameter`, `q10_rfc9101_5_the_object_counts_alone_where_the_provider_follows_it` |
//! | 6.1, RFC 9101 4 | neither `request` nor `request_uri` inside, and no parameter that speaks for the token | `request_object::parameters`, `authorization::check` | `q09_q10_no_parameter_speaks_for_the_token` |
//! | 6.1, 6.2 | unsigned by reference over `https` alone, where that was insisted on | `request_object::check` | `oidcc_client_test_request_uri_signed_none`, `q11_an_unsigned_object_is_taken_by_reference_over_https_alone` |
//! | 6.2 | an `https` address of 512 bytes at most, which may end in the hash of what lies there | `hosted_request::check`, `hosted_request::request_uri` | `oidcc_client_test_request_uri_signed_rs256`, `oidc_core_6_2_where_an_object_may_lie`, `oidc_core_6_2_the_hash_names_the_object` |
//! | 10.2, 10.2.1, RFC 9101 4 | signed first, then encrypted, to a key that is marked for it or under the secret | `request_object::encryption::encrypted`, `key_set::encryption_key` | `signed_then_encrypted_to_the_provider`, `oidc_core_10_2_encrypted_under_the_client_secret`, `only_a_key_that_is_marked_for_encryption_is_taken` |
//! | RFC 9101 10.5 | no request without a signed object where one is required | `request_object::check` | `rfc9101_10_5_no_request_without_a_signed_object_where_one_is_required` |
//! | RFC 9101 10.8 | a type of its own, an audience, an end, and never `sub` | `request_object::signing_input` | `q09_how_long_it_is_good_for_whom_and_as_what` |
//! | Registration 2 | the registered algorithm alone, and never a weaker one than was asked for | `request_object::check`, `registration_answer::refuse_lowered` | `oidc_registration_2_only_the_registered_algorithm_signs`, `an_answer_that_wants_less_of_request_objects_is_no_registration` |
//!
//! ## 5: claims and userinfo, and 12: refresh
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 5.1, 5.1.1 | a claim of an odd type breaks only its own reading | `claims::claim`, `localized::address` | `j27_a_picture_of_any_type_breaks_only_itself`, `the_address_has_six_parts_each_read_by_itself` |
//! | 5.2 | languages, compared in any case | `localized::tagged_member` | `u22_a_claim_in_the_language_that_fits_best` |
//! | 5.3.1 | the access token goes into the header | `user_info::request` | `oidcc_client_test_userinfo_bearer_header` |
//! | 5.3.2 | `sub` is there and the ID token's | `user_info::read` | `oidcc_client_test_userinfo_invalid_sub`, `userinfo_missing_sub` |
//! | 5.3.2 | an answer is plain JSON and says so, or says nothing; a signed one says so, or has the form of one | `user_info::read`, `signed_user_info::token_in` | `n04_userinfo_says_that_it_is_json`, `u06_content_types` |
//! | 5.3.2 | signed or encrypted where that is registered, and only there | `signed_user_info::downgrade`, `signed_user_info::unregistered` | `oidcc_client_test_userinfo_signed`, `u03_plain_json_where_a_signature_is_registered`, `u03_a_signature_where_none_is_registered`, `e14_u03_what_is_registered_comes_or_nothing_is_taken` |
//! | 5.3.2 | signed with the registered algorithm alone | `jws::untyped` | `u04_only_the_registered_algorithm` |
//! | 5.3.2 | `iss` is the provider's and `aud` names this client; missing ones only where that is chosen | `signed_user_info::judge` | `u02_iss_and_aud_are_there_and_right`, `u02_i23_the_issuer_is_that_of_the_id_tokens_tenant` |
//! | 5.3.2 | signed, then encrypted; or encrypted alone | `decrypt::decrypted`, `decrypt::decrypted_claims` | `e15_every_kind_of_key_around_a_signature_and_alone`, `u02_inside_the_encryption_the_same_rules_hold` |
//! | RFC 8725 3.11, 3.12 | an ID token, an access token or a logout token is no userinfo | `jws::untyped`, `signed_user_info::is_user_info` | `u05_h16_other_tokens_of_the_provider_are_no_userinfo` |
//! | 5.5.1 | the subject that was asked for | `id_token::validate`, `front_channel::validate` | `i18_the_subject_that_was_asked_for`, `i18_a_hint_names_the_tenant_too`, `i18_a_required_subject_has_its_tenant` |
//! | 5.5.1 | what was asked for and did not come is no error, and can be seen | `claims_request::is_met` | `claims_are_held_against_the_request_for_them` |
//! | 5.6.2 | each claim of another source refers to one that is there, with either a token or an endpoint; both members are bounded | `claim_sources::of`, `claim_sources::place` | `u12_sources_and_their_claims`, `u12_what_is_no_set_of_sources_is_refused`, `u12_a_claim_of_a_source_that_is_not_there_or_says_nothing`, `u12_eight_sources_and_sixty_four_claims_at_most` |
//! | 5.6.2 | who the visitor is comes from no other source | `claim_sources::is_reserved` | `u13_who_the_visitor_is_comes_from_nowhere_else`, `u13_the_logins_own_claims_stay_what_they_are` |
//! | 5.6.2 | only the claims that refer to the source are taken from it | `sourced_claims::attributed` | `u10_u13_only_the_claims_of_the_source_are_taken` |
//! | 5.6.2.1 | claims in a token are verified where their issuer is trusted, and marked as unverified otherwise | `claim_sources::receive`, `sourced_claims::validate` | `oidcc_client_test_aggregated_claims_are_marked_as_unverified`, `u10_claims_are_verified_where_their_issuer_is_trusted`, `u10_a_token_that_names_a_trusted_issuer_is_never_unverified` |
//! | 5.6.2.2 | the endpoint gets its own access token, and only where its origin was allowed | `claim_sources::request` | `oidcc_client_test_distributed_claims_are_read_with_the_token_of_their_source`, `u11_only_an_origin_that_was_allowed_is_asked`, `u11_without_a_token_of_the_source_none_is_sent` |
//! | 12.1 | one request, never repeated | `refresh::exchange` | `oidcc_client_test_refresh_token`, `g03_a_failed_refresh_is_not_repeated` |
//! | 12.2 | a new ID token agrees with the first in `iss`, `sub` and `nonce`, and in `aud`, `iat`, `auth_time` and `azp` | `id_token::validate`, `record::agrees_with` | `oidcc_client_test_refresh_token_invalid_issuer`, `oidcc_client_test_refresh_token_invalid_sub`, `i29_g02_a_refreshed_id_token_agrees_with_the_first` |
//!
//! # OpenID Identity Assurance 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 5.3, 5.4, 5.6 | verified claims are asked for inside of `claims` | `verified_claims_request::with_verified` | `the_request_is_the_one_of_the_specification` |
//! | 5.5, 5.7.4, 5.7.5 | what was verified otherwise, or too long ago, is left out; a claim of another value, too | `verified_claims_request::fulfils`, `iso_8601::last_second` | `the_trust_framework_is_one_that_was_asked_for`, `a_verification_is_not_older_than_was_asked_for`, `u10_a_verification_to_come_is_not_recent`, `u10_a_demand_holds_whatever_stands_beside_it`, `level_and_evidence_are_as_they_were_asked_for`, `only_the_claims_that_were_asked_for_are_left` |
//! | 6.1 | verified claims may have several sources | `claim_sources::references` | `u12_verified_claims_may_come_from_several_sources` |
//! | 6.1, 6.2 | a token of provided claims has `sub`, and neither `exp` nor `aud` | `sourced_claims::check_kind`, `sourced_claims::validate` | `u10_a_token_of_provided_claims_can_be_no_id_token` |
//! | Schema 5 | `verification` with a `trust_framework`, and `claims` | `verified_claims::read` | `one_element_or_several_are_read`, `what_breaks_the_schema_breaks_only_its_own_reading` |
//!
//! # OpenID Connect Discovery 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2.1.2 | what is typed is normalised; XRIs, other schemes and control characters are refused before any request | `web_finger::parse` | `d19_what_is_typed_is_normalised`, `d19_d20_what_is_no_identifier_is_refused_before_any_request` |
//! | 2.2 | the first link to an issuer, which is https without query or fragment | `web_finger::read`, `web_finger::issuer_href` | `oidcc_client_test_discovery_webfinger_acct`, `oidcc_client_test_discovery_webfinger_url`, `d18_the_issuer_is_https_without_query_or_fragment` |
//! | 2.2 | `resource` and `rel` are asked of the host that was typed | `web_finger::request` | `d19_what_is_typed_is_normalised`, `webfinger_finds_the_issuer_and_its_metadata_agree` |
//! | 4.1 | the address, without a doubled slash | `issuer::discovery_address` | `d03_the_well_known_address_has_no_doubled_slash` |
//! | 4.2 | status 200 and JSON, nothing else | `metadata::read` | `n01_no_redirect_is_followed`, `n05_only_the_expected_statuses` |
//! | 4.3 | `issuer` is the one that was asked for, before anything else is looked at | `metadata::parse`, `issuer_rules::of_metadata` | `oidcc_client_test_discovery_issuer_mismatch`, `c11_in_the_metadata`, `d18_the_issuer_that_was_found_is_compared_with_its_metadata` |
//! | 3 | every endpoint is https | `issuer::address` | `d04_d11_strict_where_it_is_used`, `d04_d11_more_endpoints_and_lists_held_to_the_rules` |
//! | 3 | what is not listed has its default | `lists::or_default` | `d12_defaults_of_what_is_not_listed` |
//!
//! # OAuth 2.0
//!
//! | specification | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | RFC 6749 2.3 | one proof in each request, Basic form-encoded | `client_auth::with_secret`, `client_auth::complete` | `t10_t28_one_proof_and_no_empty_one`, `t08_t09_basic_halves_are_form_encoded_unless_told_otherwise` |
//! | OIDC Core 9 | a fresh `jti` for each assertion; it is never used twice | `client_assertion::signing_input`, `call::prepare` | `each_request_has_an_assertion_of_its_own`, `the_provider_refuses_a_jti_that_comes_again` |
//! | OIDC Core 9 | `client_secret_jwt` under an HMAC of a secret that is long enough | `endpoint_auth::check_credential`, `hmac::sign` | `client_secret_jwt_never_sends_the_secret`, `h20_what_cannot_prove_anything_is_found_when_the_client_is_made` |
//! | RFC 7523 3 | `iss`, `sub`, `aud`, `exp` of a client assertion | `client_assertion::signing_input` | `private_key_jwt_says_what_rfc_7523_3_wants`, `audiences`, `times_are_bounded` |
//! | RFC 7523 2.2 | `client_assertion` with its type, and no secret beside it | `client_auth::assertion` | `private_key_jwt_says_what_rfc_7523_3_wants`, `t10_t28_one_proof_and_no_empty_one`, `an_assertion_of_the_applications_own_is_sent_as_it_is` |
//! | RFC 7523 3 | an assertion whose `aud` is the token endpoint goes to no other origin | `client_assertion::signing_input` | `t12_an_assertion_for_a_token_endpoint_goes_to_no_other_origin` |
//! | RFC 8414 2 | the methods that an endpoint lists, and what an absent list means | `endpoint_auth::check_listed` | `a_method_that_is_not_listed_is_refused_when_the_client_is_made`, `other_endpoints_refuse_what_they_do_not_list_at_the_call`, `absent_lists_of_other_endpoints` |
//! | RFC 8705 2, 5 | `client_id` in the form, and the alias of the endpoint | `client_auth::none`, `endpoint_auth::address`, `metadata::mtls_aliases` | `a_certificate_goes_to_the_aliases`, `an_alias_that_is_no_address_refuses_the_metadata` |
//! | RFC 8705 2.1, 2.2 | the connection bears the proof: a certificate of an authority, or one's own | `client_auth::is_mutual_tls` | `certificates`, `a_certificate_goes_to_the_aliases` |
//! | RFC 6749 3.1.2 | a redirect URI is absolute, without fragment, byte for byte | `registration::new` | `r10_redirect_uris` |
//! | RFC 6749 5.1, 7.1 | `access_token` and a `token_type` that we can use | `token::parse` | `t04_t07_types_and_characters`, `j25_shapes_of_expires_in` |
//! | RFC 6749 5.1, 7.1 | another form of answer only where the application said so, and reported | `token_tolerance::document`, `token_tolerance::bears_type`, `token_tolerance::words` | `t12_a_form_instead_of_json`, `j02_equal_repeats_in_a_token_answer_alone`, `t04_a_missing_or_other_token_type`, `t14_a_scope_with_commas` |
//! | RFC 6749 5.2 | an error is one under any status | `token::read_json` | `error_inside_200`, `n05_an_oauth_error_under_any_status` |
//! | RFC 6749 6 | the old refresh token stays where no new one comes | `token::keep_refresh_token` | `g01_the_old_refresh_token_is_kept_where_no_new_one_comes` |
//! | RFC 6749 5.1 | other members are kept as they came | `token_members::of` | `t18_every_other_member_is_kept_as_it_came` |
//! | RFC 6750 2.1 | an access token goes into the header, never into the address, never along a redirect | `bearer::present` | `the_token_goes_into_the_header_and_nowhere_else`, `u08_the_token_goes_to_no_other_address` |
//! | RFC 6750 2.1, RFC 9110 6.6.2, 7.2, 7.6.1, 8.6 | own headers of a call never are the token's, the connection's or a second one | `resource::request` | `own_headers_go_along`, `n08_a_header_that_is_not_the_applications_to_set` |
//! | RFC 9110 15.4.5 | 304 is no redirect where the application sent a condition | `resource::advance` | `n05_not_modified_answers_a_condition_of_the_applications_own` |
//! | RFC 6750 3.1 | `error` of a challenge is an OAuth error | `bearer::explain` | `t25_a_challenge_of_userinfo_is_its_oauth_error` |
//! | RFC 6750 2.1 | a resource server takes the token out of the header alone | `bearer_challenge::presented` | `u16_what_a_request_presents` |
//! | RFC 6750 2, 3.1 | several headers, or a token in two places: 400 `invalid_request` | `bearer_challenge::invalid_request` | `u16_a_request_with_several_headers` |
//! | RFC 6750 3, 3.1 | its answer: 401 `invalid_token`, 403 `insufficient_scope`, no error without a token | `bearer_challenge::of`, `bearer_challenge::www_authenticate` | `u17_each_claim_of_rfc_9068_4`, `u17_the_required_scope_is_a_set`, `what_is_written_is_read_again` |
//! | RFC 7009 2.1 | the token with the client's proof, and a hint | `revoke::advance` | `the_request_holds_what_rfc_7009_2_1_says_and_no_more` |
//! | RFC 7009 2.2 | 200 is success whatever the body; with 503 the token still exists | `revocation::read` | `g07_any_200_is_success_whatever_the_body`, `g07_503_says_when_to_come_again` |
//! | RFC 6749 6 | what was no login is refreshed without an ID token | `refresh::access` | `plain_oauth_is_refreshed_without_keys_and_without_an_id_token`, `g02_i29_an_id_token_that_comes_along_is_not_looked_at` |
//! | RFC 7662 2.1 | only an authenticated client asks | `introspect::call` | `a_public_client_asks_only_where_it_is_told_to` |
//! | RFC 7662 2.1 | or one with an access token of its own, in the header | `client_auth::bearer` | `whoever_asks_may_prove_it_with_an_access_token_of_its_own` |
//! | RFC 7662 2.2 | `active` is a boolean; of an inactive token nothing is told | `introspection::parse` | `g09_active_is_a_boolean`, `g09_an_inactive_token_tells_nothing` |
//! | RFC 7662 2.2 | an `iss` that is there is the provider's | `introspection::of_issuer` | `g10_a_token_of_another_issuer_is_none_of_this_provider` |
//! | RFC 7662 4 | an expired token, or one for others, is inactive | `introspection::read` | `g10_an_expired_token_is_inactive_whatever_the_provider_says`, `g10_a_token_for_others_is_inactive_where_an_audience_is_due` |
//! | RFC 7033 4.2 | status 200 alone; no redirect is followed | `web_finger::read` | `d17_d21_only_a_200_counts_and_no_redirect_is_followed` |
//! | RFC 7033 4.4 | the document is read strictly, with a bound on its links; `subject` may differ | `web_finger::issuer_href` | `d18_the_document_is_read_strictly`, `d18_tolerances` |
//! | RFC 8414 3.1, 5 | the well-known name stands before the path of the issuer, or after it | `source::address` | `d03_every_form_of_the_address`, `d03_every_well_known_address` |
//! | OIDC Discovery 4.3 | with a template, only its own issuers are asked | `issuer_rules::check` | `d01_c11_a_provider_outside_the_template_names_none_of_its_people`, `d01_metadata_at_hand_are_held_to_the_template_too` |
//! | RFC 6749 5.1, 7.1 | what a provider answers otherwise is taken under its profile, and put down to it unless the application chose it, too | `merge::policy`, `profiled::credit` | `github_answers_with_a_form_and_commas`, `j02_github_enterprise_server_repeats_itself`, `t04_slack_calls_its_bearer_tokens_user_or_nothing` |
//! | RFC 8414 3.3 | `issuer` is the one that was asked for, wherever the metadata were | `issuer_rules::of_metadata` | `d01_a_separate_address_of_the_metadata` |
//! | RFC 7800 3 | a token that is bound to a key is no bearer token | `access_token::unconfirmed` | `a_token_that_is_bound_to_a_key_needs_its_proof` |
//! | RFC 9068 2.1, 4 | `typ` is `at+jwt`; signed, by an algorithm of a list, never an HMAC | `access_token::header`, `access_token::check` | `u17_each_claim_of_rfc_9068_4`, `h16_an_id_token_is_no_access_token`, `what_cannot_work_is_found_before_any_request` |
//! | RFC 9068 4 | `iss`, `aud`, `exp`, `iat`, `sub`, `client_id` and the required scope | `access_token::validate` | `u17_each_claim_of_rfc_9068_4`, `u17_the_required_scope_is_a_set` |
//! | RFC 9068 2.2 | `client_id`, or the claim that the application says stands for it | `access_token::client_id` | `u17_azp_for_client_id_only_where_it_was_said`, `u17_another_claim_for_client_id_only_where_it_was_said` |
//! | RFC 9068 4 | an opaque token is looked up where so chosen, under the same rules; a signed one never | `access_token::is_signed`, `access_token::accept` | `u17_what_is_looked_up_is_held_against_the_same_rules`, `u17_a_signed_token_is_never_looked_up` |
//! | RFC 9701 4, 5 | a signed answer is asked for where it is registered; `typ`, `iss`, `aud`, `iat` and `token_introspection` | `introspect::call`, `introspection::envelope`, `introspection::read_signed` | `g11_a_signed_answer_is_asked_for_and_verified`, `g11_each_rule_of_rfc_9701_5` |
//! | RFC 9701 5 | a plain answer instead is a downgrade | `introspection::signed` | `g11_a_plain_answer_is_a_downgrade` |
//! | RFC 9701 6 | the algorithm is the registered one | `introspection::header` | `g11_a_damaged_or_foreign_signature`, `an_algorithm_that_cannot_be_verified_is_found_at_once` |
//! | RFC 9110 11.6.1 | challenges, bounded; what is not well formed is left out | `challenge::parse` | `u16_every_form_of_a_challenge`, `u16_what_is_not_well_formed_ends_the_list`, `t25_u16_bounded` |
//! | RFC 6749 10.12 | `state`, on errors too, in constant time | `callback::accept` | `x14_a_login_of_another_browser_is_refused` |
//! | RFC 6749 3.2 | no parameter twice, none of the library's own | `grant::check` | `a_form_holds_what_was_asked_for_and_no_parameter_twice`, `q03_parameters_that_cannot_be_are_found_before_any_request` |
//! | RFC 6749 4.3 | the password goes once, to the token endpoint | `grant::password` | `a_password_brings_tokens_and_a_verified_identity` |
//! | RFC 6749 4.4 | client credentials are for confidential clients | `grant::exchange` | `client_credentials_are_for_confidential_clients` |
//! | RFC 7523 2.1, RFC 6749 4.5 | assertions and extension grants, by their URI | `grant::jwt_bearer`, `grant::extension` | `a_jwt_bearer_assertion_brings_tokens`, `any_other_grant_is_sent_as_it_was_said` |
//! | RFC 8628 3.2 | five seconds by default; https addresses and printable codes alone are shown | `device::parse` | `g15_intervals_and_lifetimes_are_clamped`, `g16_what_nobody_may_be_shown_is_refused` |
//! | OIDC Registration 2 | keys by value or by address, and none that is private | `client_metadata::checked`, `client_metadata::public_keys` | `r09_keys_by_value_or_by_address_and_never_both`, `r08_no_private_key_leaves` |
//! | OIDC Registration 2 | redirect URIs fit the kind of application; grant types fit the response types | `client_metadata::web`, `client_metadata::checked` | `r10_redirect_uris_fit_the_kind_of_application`, `response_types_bring_their_grant_types` |
//! | OIDC Core 8.1 | pairwise subjects of several hosts need a sector | `client_metadata::checked` | `r12_pairwise_subjects_of_several_hosts_need_a_sector` |
//! | OIDC Discovery 3 | what a provider does not list has the default of the specification | `negotiation::offered` | `a_list_that_is_missing_has_the_default_of_the_specification_or_is_noted` |
//! | RFC 7591 2 | each member under its registered name, and through one method | `client_metadata::set` | `every_member_goes_out_under_its_name`, `members_have_one_way_in` |
//! | RFC 7591 2.3 | a software statement is passed on unread | `client_metadata::line` | `r11_a_software_statement_is_passed_on_unread` |
//! | RFC 7591 3, 3.1 | JSON, with an initial access token where one is due | `registration_answer::request`, `register::initial_access_token` | `the_request_holds_what_was_asked_for_and_no_more`, `an_initial_access_token_is_sent_where_one_is_due` |
//! | RFC 7591 3.2.1 | the provider's word holds, but not so that less is proved | `registration_answer::parse`, `registration_answer::refuse_lowered` | `oidcc_client_test_dynamic_registration`, `r01_what_proves_less_is_refused_and_all_else_reported`, `r01_neither_a_reading_nor_an_update_lowers_a_registration` |
//! | RFC 7591 3.2.1 | a secret ends when the provider says, and never at 0 | `registered_client::secret_expiry` | `r04_when_a_secret_ends` |
//! | RFC 7591 3.2.2 | errors are OAuth errors; 200 is as good as 201 | `registration_answer::read` | `r06_n01_n05_statuses_and_errors` |
//! | RFC 7592 2.1, 2.3 | 401 where the client does not exist | `registration_answer::refuse_unregistered` | `a_registration_is_read_changed_and_deleted` |
//! | RFC 7592 2.2 | an update sends everything with `client_id` and secret, and nothing that is the provider's to set | `manage_registration::advance` | `an_update_sends_what_rfc_7592_2_2_says_and_no_more` |
//! | RFC 7592 3 | a new registration access token, and a new secret, replace the old ones | `registration_answer::management` | `r07_a_new_token_replaces_the_old_one`, `r07_an_update_brings_a_new_secret` |
//! | RFC 7592 3 | the token goes to the registration endpoint's own origin | `registration_answer::place` | `r05_the_registration_token_goes_to_no_other_origin` |
//! | RFC 9700 4.4 | the secret of a registered client goes to its own provider alone | `registration::same_issuer` | `r05_a_registration_goes_to_no_other_provider`, `what_cannot_be_is_found_before_any_request` |
//! | RFC 8628 3.5 | never faster than the interval, five seconds more for good after `slow_down`, twice the interval after no answer or from a busy server | `device_login::pause`, `device_login::slower` | `g15_slow_down_is_for_good`, `g17_no_answer_halves_the_pace`, `g17_a_server_that_is_overloaded_is_asked_again_later` |
//! | RFC 9110 10.2.3 | no poll before `Retry-After` | `device_login::asking` | `g15_n12_retry_after_is_kept_and_never_makes_it_faster` |
//! | RFC 8628 3.5 | nothing is asked once the code has expired | `device_login::lasts` | `g15_pending_for_ever_ends_with_the_code`, `g15_where_no_poll_fits_in_none_is_made`, `g15_neither_stored_bytes_nor_a_clock_that_was_set_back_make_it_last_for_years` |
//! | RFC 8693 2.1 | each token goes with its type | `token_exchange::new`, `token_exchange::actor` | `g14_an_exchange_sends_all_that_rfc_8693_knows`, `q03_an_exchange_has_no_half_of_an_actor` |
//! | RFC 8693 2.2.1 | `issued_token_type` is there; neither `N_A` nor a refresh token is a bearer token | `token_exchange::parse`, `token_exchange::access_token` | `g13_an_answer_that_does_not_say_what_it_issued_is_refused`, `g13_what_is_no_bearer_token_is_not_taken_for_one`, `g13_a_refresh_token_is_never_a_bearer_token` |
//! | RFC 8707 2 | a resource is an absolute URI without a fragment | `authorization::is_resource` | `q03_parameters_that_cannot_be_are_found_before_any_request`, `q03_what_only_an_address_parser_would_mend_is_no_uri` |
//! | RFC 7636 4.1, 4.2 | a verifier of 256 bits, challenged with S256 | `pkce::s256_challenge` | `rfc7636_appendix_b` |
//! | RFC 7636 4.1, 4.2 | an application's own verifier or challenge is one; `plain` only where it is insisted on | `pkce::new` | `lengths_and_alphabets_of_rfc_7636`, `plain_is_sent_only_where_it_is_insisted_on` |
//! | RFC 7636 4.6 | a verifier that does not fit its challenge is not sent | `pkce::verifier` | `a_verifier_of_the_application_must_fit_its_challenge`, `a_verifier_of_the_application_comes_with_the_callback` |
//! | RFC 6749 3.1.1 | a response type is a set of words | `response_type::parse` | `a_set_of_words_in_any_order` |
//! | RFC 6749 3.1.2.3, RFC 8252 7.3 | a chosen redirect URI is a registered one, but for the port of a loopback address | `registration::registered` | `a_chosen_redirect_uri_is_a_registered_one`, `x23_a_redirect_uri_is_one_of_the_registered_ones` |
//! | RFC 6749 4.2.2 | `token_type` and `expires_in` of an access token through the browser | `front_channel::tokens` | `t04_t07_tokens_through_the_browser_are_read_as_strictly` |
//! | RFC 9700 2.1.2 | an access token through the browser only where that was insisted on | `authorization::check_type` | `id_token_token_is_sent_as_such`, `a_login_and_plain_oauth_have_their_own_response_types` |
//! | Multiple Response Types 3, 5 | no token in a query; the fragment is the default | `response_type::allows`, `response_type::default_mode` | `a_token_never_comes_in_a_query`, `what_holds_a_token_never_comes_in_a_query` |
//! | Multiple Response Types 2.1, Form Post 2 | a response comes by the mode that was asked for, the posted form among them | `callback::accept`, `callback::from_form`, `callback::from_url` | `a_code_comes_by_the_response_mode_that_was_asked_for`, `x11_a_response_by_another_mode`, `the_response_is_read_where_it_is_in_the_address` |
//! | Multiple Response Types 4 | `none` ends in a confirmation | `finish_authorization::advance` | `none_ends_in_a_confirmation` |
//! | RFC 9207 4 | an ID token through the browser names the issuer as well | `callback::vouched` | `x30_what_may_be_otherwise_may` |
//! | RFC 7636 4.5 | the verifier goes with the code | `finish_login::exchange` | `oidcc_client_test` |
//! | RFC 9700 4.4.2 | a redirect URI for each issuer; no client is replaced | `clients::redirect_uri_for`, `clients::insert` | `c13_d09_mix_up_by_another_providers_redirect_uri`, `no_client_is_replaced_while_logins_are_pending` |
//! | RFC 9700 2.1.1 | what a profile leaves out of a request is reported, over the redirect, too | `authorization_request::demand`, `pending_login::relaxations` | `i02_x21_linkedin_has_neither_nonce_nor_pkce_and_each_is_reported` |
//! | RFC 9207 2.4 | `iss` of the answer: required where announced, compared where there | `callback::accept` | `c11_in_the_authorization_response`, `x03_a_response_of_another_issuer_does_not_finish_a_login` |
//!
//! # JOSE
//!
//! | specification | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | RFC 7515 2 | base64url without padding, spaces or stray bits | `text::decode_base64url` | `s01_only_the_alphabet_of_base64url`, `s02_stray_bits_at_the_end_of_a_part` |
//! | RFC 7515 4 | a header without duplicate members | `json::parse_object` | `j01_duplicates_in_the_header` |
//! | RFC 7515 4.1.11 | `crit` is not understood, so it refuses the token | `jws::check_header` | `h07_extensions_are_not_understood` |
//! | RFC 7515 5.2 | the octets as they came are verified | `jws::parse` | `a18_the_octets_as_received_are_verified` |
//! | RFC 7515 7.1 | three parts, nothing around them | `jws::split` | `s04_any_number_of_dots_but_two`, `s06_nothing_stands_around_a_token` |
//! | RFC 7516 4.1.1, 4.1.2 | `alg` and `enc` are the registered ones | `jwe::check_header` | `h04_h05_alg_and_enc_are_the_registered_ones`, `e01_e02_names_of_refused_algorithms_match_no_registration` |
//! | RFC 7516 4.1.3, RFC 8725 3.6 | nothing is inflated | `jwe::check_header` | `e03_zip_is_refused_whatever_it_says` |
//! | RFC 7516 4.1.13 | `crit` is not understood, so it refuses the token | `jwe::check_header` | `h07_crit_is_refused_whatever_it_lists` |
//! | RFC 7516 5.1 (14) | the tag covers the header as it came | `jwe::decrypt` | `e12_the_header_is_authenticated_as_it_came` |
//! | RFC 7516 5.2 (6, 10) | no encrypted key where the content key is agreed or shared | `unwrap::nothing_wrapped` | `e11_an_encrypted_key_where_there_must_be_none_and_none_where_there_must_be_one` |
//! | RFC 7516 7.1 | five parts; three are no encrypted token | `jwe::split` | `s01_s04_s05_s07_s08_e16_the_form`, `e14_a_plain_token_is_no_encrypted_one` |
//! | RFC 7516 11.5 | one error, and a spare key where none can be unwrapped | `unwrap::unwrap_or_spare` | `e18_what_cannot_be_unwrapped_goes_on_with_the_spare_key`, `e06_a_bad_padding_and_a_bad_tag_are_one_error` |
//! | RFC 7517 4.2, 4.4 | `use` and `alg` of a key are kept | `jwk::verifies` | `k07_k08_k09_what_the_owner_says_of_a_key` |
//! | RFC 7517 4.5 | `kid` is compared byte by byte | `key_set::candidates` | `k21_key_ids_are_compared_byte_by_byte` |
//! | RFC 7517 5 | keys that cannot be used are passed over | `key_set::parse` | `k01_unknown_kinds_of_keys_are_passed_over`, `k02_a_malformed_key_breaks_itself_alone` |
//! | RFC 7518 3.2 | an HMAC key is as long as its hash | `hmac::verify` | `a13_a14_h20_lengths`, `h20_no_hmac_without_a_secret` |
//! | RFC 7518 4.6.1 | an ephemeral key is public, of the key's curve and on it; parties are bounded | `agreement::parse_ephemeral`, `jwe::parameters` | `e04_e05_an_ephemeral_key_that_is_none`, `e16_e21_apu_and_apv_are_bound_into_the_key_and_bounded` |
//! | RFC 7518 4.6.2 | the key is derived for its algorithm and parties | `concat_kdf::derive` | `e21_rfc7518_c` |
//! | RFC 7518 5.2, 5.3 | full tags and vectors; the tag before the padding | `content::open`, `content::cbc_open` | `e07_e08_lengths_of_tag_and_vector`, `e06_e07_e08_e12_e21_wycheproof_cbc_hmac` |
//! | RFC 7519 5.2 | `cty` says what is inside where it is there, never an encrypted token once more | `jwe::check_header`, `jwe::into_jws` | `h18_s12_one_encrypted_token_around_one_signed_one`, `h18_a_token_need_not_announce_the_signature_that_is_registered` |
//! | OIDC Core 16.19 | a client secret too short to be a key makes none | `encryption_key::check_secret` | `e10_a_secret_too_short_to_be_a_key`, `e10_no_object_is_encrypted_under_a_secret_too_short_to_be_a_key` |
//! | RFC 7517 4.2 | a pair decrypts or proves the client, and its halves belong together | `decryption_keys::check_pairs` | `e19_the_pair_that_proves_the_client_decrypts_nothing`, `k12_halves_that_do_not_belong_together_are_found_when_the_client_is_made` |
//! | RFC 7519 5.3 | claims in the header are not believed | `jwe::parse` | `e20_claims_and_keys_in_the_header_are_not_believed` |
//! | RFC 8037 3.2 | an agreement that yields zeros is none | `unwrap::check_shared` | `e04_the_zeros_of_x25519_are_no_secret` |
//! | OIDC Core 10.2 | a shared key is the left-most bits of a hash of the client secret | `encryption_key::derived` | `e10_the_key_out_of_the_client_secret` |
//! | OIDC Core 2, OIDC Registration 2 | encrypted where it is registered, and only there | `decrypt::decrypted`, `jws::split` | `e14_a_plain_token_is_a_downgrade`, `e15_an_encrypted_token_where_none_is_registered` |
//! | OIDC Core 3.1.2.1 | a hint is the signed token inside | `verify::new` | `the_hint_of_a_logout_is_the_token_inside` |
//! | OIDC Registration 2, RFC 9701 6, JARM 3 | `alg` and `enc` that the provider registered, and the default `enc` | `response_encryption::of` | `e01_e02_algorithms_that_are_never_used`, `what_was_registered_arrives_and_asks_for_its_key` |
//! | RFC 7518 3.4 | R and S side by side, each of full length | `signer::admit` | `a_signature_is_as_long_as_its_algorithm_says`, `a_remote_signature_of_a_wrong_length_is_never_sent` |
//! | RFC 7517 4.2 | a pair of the client's own signs or decrypts, never both | `client_keys::admit` | `e19_a_pair_signs_or_decrypts_and_never_both` |
//! | RFC 7517 5, 9.3 | the client's own set has public members alone, and no symmetric key | `published::entry`, `client_keys::jwks` | `nothing_private_is_ever_published`, `a_shared_key_is_not_published` |
//! | RFC 7518 6.2.2, 6.3.2 | the halves of an own key belong together | `own_decryption_key::computed`, `own_decryption_key::fits`, `client_keys::add_signing` | `k12_halves_of_a_signing_key_belong_together`, `k12_halves_of_a_decryption_key_belong_together` |
//! | RFC 7638 3 | a key without a `kid` is named by its thumbprint | `published::thumbprint` | `k22_thumbprints_name_the_halves`, `a_key_without_a_kid_is_named_after_itself` |
//! | RFC 7516 4.3 | a sealed login is for the name in its header, which the tag covers | `seal::open` | `n15_two_tabs_do_not_open_each_others`, `n15_the_header_is_not_the_visitors` |
//! | RFC 6265 4.1.1, 6.1 | a sealed login fits a cookie | `seal::seal` | `n15_a_login_of_the_default_limits_fits_a_cookie`, `n15_what_is_too_long_is_neither_sealed_nor_opened` |
//! | RFC 7517 4.2 to 4.4 | `use`, `key_ops` and `alg` of an own key are kept | `private_key::read_jwk` | `what_the_owner_of_a_key_says_of_it_counts` |
//! | RFC 7518 3.3 | RSA keys of at least 2048 bits | `public_key::parse` | `a09_a10_a11_rsa_bounds` |
//! | RFC 7518 4.2, RFC 8812 3.2 | neither RSA1_5 nor ES256K | `algorithm::parse`, `jws::split` | `s09_rsa1_5_decrypts_nothing`, `h04_a20_es256k_is_no_algorithm` |
//!
//! # JWT Secured Authorization Response Mode (JARM)
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2.1 | `iss`, `aud` and `exp` are there; the other claims are the parameters, an error among them | `response_jwt::envelope`, `response_jwt::read` | `x24_the_envelope_is_this_providers_for_this_client_and_now`, `x26_an_error_inside_is_the_providers` |
//! | 2.1 | they are held against the request like those of a plain response | `callback::accept` | `x26_what_is_inside_is_held_against_the_request` |
//! | 2.2, 2.4 (1) | encrypted around the signature where that is registered, and only there | `open_response::new`, `decrypt::decrypted` | `e14_a_response_that_is_not_encrypted_is_a_downgrade`, `e15_an_encrypted_response_where_none_was_registered` |
//! | 2.3 | one `response`, and none of the parameters beside it | `callback::token` | `x25_no_parameter_stands_beside_the_token` |
//! | 2.3 | a plain response to such a request is a downgrade | `callback::token` | `x25_a_plain_response_is_a_downgrade` |
//! | 2.3.1 | no token in a query, signed or not | `response_type::allows` | `a_signature_hides_no_token_in_a_query` |
//! | 2.3.4 | `jwt` comes by the response type's own way | `response_type::way` | `every_login_by_every_signed_mode` |
//! | 2.4 (2) | `iss` is the provider | `response_jwt::envelope` | `fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails` |
//! | 2.4 (3) | `aud` names this client | `response_jwt::envelope` | `fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails` |
//! | 2.4 (4) | not expired | `jwt::not_expired` | `fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails` |
//! | 2.4 (5) | the signature is good, before anything else is believed; never `none` | `open_response::advance`, `jws::check_header` | `fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails`, `fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none` |
//! | 3 | only the registered algorithm, RS256 where nothing is | `registration::response_alg` | `every_algorithm_that_was_registered_and_no_other` |
//! | 3 | what the provider registered is what is accepted | `registered_client::registration_at` | `what_a_provider_registered_signs_the_responses` |
//! | RFC 8725 3.12 | no ID token is a response, and no response an ID token | `response_jwt::envelope` | `h16_x27_an_id_token_is_no_response_and_a_response_is_no_id_token` |
//!
//! # OpenID Connect RP-Initiated Logout 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2 | `client_id`, hint and way back, the endpoint's query kept | `logout::url` | `oidcc_client_test_rp_init_logout`, `l03_the_query_of_the_endpoint_is_kept` |
//! | 2 | the way back has another name only under a profile | `logout::url` | `t09_cognito_decodes_no_basic_credentials_and_has_its_own_logout` |
//! | 2 | an expired ID token is still a hint | `logout::id_token_hint` | `an_expired_id_token_is_still_a_hint` |
//! | 2 | an ID token that names another provider is not sent to this one | `logout::check_hint` | `l05_an_id_token_of_another_provider_is_no_hint` |
//! | 3 | the way back bears the `state` of this logout | `logout::check_return` | `oidcc_client_test_rp_init_logout_other_state`, `oidcc_client_test_rp_init_logout_no_state` |
//! | 2 | by `GET` or `POST`; a form keeps the ID token out of the address | `form::page` | `l05_a_form_keeps_the_id_token_out_of_the_address` |
//!
//! # OpenID Connect Front-Channel Logout 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2 | `iss` and `sid` both or neither; both where registered so | `logout_notice::front_channel` | `l06_the_pair_is_whole_and_of_this_provider`, `l06_without_the_pair_it_is_about_the_browser_unless_registered_otherwise` |
//! | 2 | `iss` is this provider; together they are of the session that ends | `logout_target::covers`, `front_channel_logout::ends` | `l06_another_session_goes_on`, `oidcc_client_test_rp_frontchannel_rpinitlogout` |
//! | 2 | the answer is not kept, and may be framed | `logout_answer::front_channel` | `l07_the_answer_is_always_the_same_and_may_be_framed` |
//!
//! # OpenID Connect Back-Channel Logout 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2.4 | `jti` is there; explicit types are taken, others refused | `logout_token::validate`, `logout_token::header` | `l12_each_date_and_the_name_are_there_and_in_order`, `l14_tokens_of_other_types_are_refused` |
//! | 2.5 | one form with one `logout_token`; other parameters mean nothing | `logout_notice::back_channel` | `l15_what_is_posted_is_one_form_with_one_token` |
//! | 2.4, 2.6 (1) | encrypted as ID tokens are, or not at all | `back_channel_logout::receive`, `jws::split` | `l18_a_logout_token_is_encrypted_like_an_id_token`, `l18_an_encrypted_token_is_no_signed_one` |
//! | 2.6 (2, 3) | signed by the provider with the algorithm of ID tokens | `back_channel_logout::receive` | `l08_only_the_registered_algorithm_is_taken`, `oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg` |
//! | 2.6 (4) | `iss`, `aud`, `iat` and `exp` as in ID tokens | `logout_token::validate`, `id_token::check_audiences` | `l13_the_token_is_from_this_provider_and_for_this_client`, `l12_each_date_and_the_name_are_there_and_in_order` |
//! | 2.6 (5) | `sub` or `sid`; `sid` where registered so | `logout_token::validate` | `l11_somebody_is_named`, `l11_a_client_registered_for_sid_gets_one` |
//! | 2.6 (6) | the logout event, whose value is an object | `logout_token::check_event` | `l09_the_event_is_there_and_is_an_object` |
//! | 2.6 (7) | no `nonce` | `logout_token::validate` | `l10_an_id_token_is_no_logout_token`, `h16_a_logout_token_is_no_id_token` |
//! | 2.6 (8) | a token is taken once | `logout_token::check_replay` | `l12_a_token_is_taken_once` |
//! | 2.7 | by `sid` one session, by `sub` alone all of a person | `session::end`, `logout_target::covers` | `a_logout_by_sub_ends_every_session_of_that_person_and_no_other`, `a_logout_by_sid_ends_the_sessions_within_it` |
//! | 2.8 | 200 or 400, and `no-store` | `logout_answer::back_channel` | `l16_the_answer_is_200_or_400_and_is_never_kept` |
//!
//! # OpenID Connect Session Management 1.0
//!
//! | section | rule | held by | shown by |
//! | --- | --- | --- | --- |
//! | 2 | `session_state` holds no space | `session::new` | `l21_a_session_state_with_a_space_is_not_kept` |
//! | 3.1 | messages to and from one exact origin; nothing is asked after `changed` and `error` | `check_session::new` | `l20_messages_go_to_and_come_from_one_exact_origin`, `l20_the_script_asks_until_it_is_told_something` |
//! | 3.1 | `prompt=none` with the ID token as a hint, and the same `sub` | `start_login::again` | `session_management_3_1_the_same_person_is_still_there_or_not` |
