# Applies the stack with a provider that only makes things up. `expected.json` is what the tests' platform runs.

mock_provider "oci" {
  mock_data "oci_identity_region_subscriptions" {
    defaults = {
      region_subscriptions = [
        { region_name = "us-phoenix-1", is_home_region = false, region_key = "PHX", tenancy_id = "", state = "READY" },
        { region_name = "us-ashburn-1", is_home_region = true, region_key = "IAD", tenancy_id = "", state = "READY" },
      ]
    }
  }
  mock_data "oci_objectstorage_namespace" {
    defaults = { namespace = "axexampleexam" }
  }
  mock_data "oci_identity_compartment" {
    defaults = { name = "images" }
  }
  mock_resource "oci_functions_function" {
    defaults = { id = "ocid1.fnfunc.oc1.phx.localfunction" }
  }
  mock_resource "oci_resource_scheduler_schedule" {
    defaults = { id = "ocid1.resourceschedule.oc1.phx.local" }
  }
}

mock_provider "oci" {
  alias = "home"
}

variables {
  tenancy_ocid     = "ocid1.tenancy.oc1..example"
  compartment_ocid = "ocid1.compartment.oc1..function"
  region           = "us-phoenix-1"
  image            = "phx.ocir.io/axexampleexam/image-export:0.3.0"
  subnet_ocid      = "ocid1.subnet.oc1.phx.example"
  email            = "exports@example.com"
}

run "nothing_is_exported_until_asked" {
  assert {
    condition     = length(oci_events_rule.image) + length(oci_resource_scheduler_schedule.catch_up) + length(oci_apigateway_gateway.image_export) == 0
    error_message = "A rule, a schedule or a gateway is there by default."
  }
  assert {
    condition     = alltrue([for statement in oci_identity_policy.image_export.statements : !strcontains(statement, "fn-invocation")])
    error_message = "Somebody may call the function by default."
  }
  assert {
    condition     = [for each in oci_ons_subscription.operators : each.endpoint] == ["exports@example.com"]
    error_message = "Operators have no address."
  }
  assert {
    condition     = length(oci_functions_function.image_export.failure_destination) == 0
    error_message = "Failures of detached calls go somewhere."
  }
}

run "with_everything" {
  variables {
    images_compartment_ocid     = "ocid1.compartment.oc1..images"
    bucket_compartment_ocid     = "ocid1.compartment.oc1..bucket"
    allowed_destinations        = "axexampleexam/shared/on-demand, another/theirs\naxexampleexam/images"
    bucket_name                 = "images"
    delete_images_after_days    = 365
    detached_timeout_in_seconds = 600
    provisioned_concurrency     = 20
    export_new_images           = true
    catch_up                    = true
    create_gateway              = true
    gateway_jwks_url            = "https://identity.example.com/admin/v1/SigningCert/jwk"
    gateway_token_issuer        = "https://identity.example.com/"
  }
  assert {
    condition     = toset(oci_identity_policy.image_export.statements) == toset(jsondecode(file("expected.json")).statements)
    error_message = "The policy is another one: ${jsonencode(oci_identity_policy.image_export.statements)}"
  }
  assert {
    condition     = [for rule in oci_events_rule.image : jsondecode(rule.condition)] == jsondecode(file("expected.json")).conditions
    error_message = "The rules have other conditions."
  }
  assert {
    condition     = jsondecode(oci_resource_scheduler_schedule.catch_up[0].resources[0].parameters[0].value[0]) == jsondecode(file("expected.json")).body
    error_message = "The schedule has another body."
  }
  assert {
    condition     = local.specification == jsondecode(file("expected.json")).specification
    error_message = "The gateway has another specification."
  }
  assert {
    condition = jsonencode([
      for route in oci_apigateway_deployment.image_export[0].specification[0].routes :
      [route.path, route.methods, route.backend[0].function_id, route.request_policies[0].header_transformations[0].filter_headers[0].items[*].name]
      ]) == jsonencode([
      for route in local.specification.routes :
      [route.path, route.methods, route.backend.functionId, route.requestPolicies.headerTransformations.filterHeaders.items[*].name]
    ])
    error_message = "The gateway has other routes."
  }
  assert {
    condition     = toset(oci_objectstorage_object_lifecycle_policy.tidy["images"].rules[*].name) == toset(["old-images", "overwritten", "unfinished-uploads"])
    error_message = "The bucket has other lifecycle rules."
  }
  assert {
    condition     = toset(oci_objectstorage_object_lifecycle_policy.tidy["image-export-records"].rules[*].name) == toset(["overwritten"])
    error_message = "The records' bucket has other lifecycle rules."
  }
  assert {
    condition     = oci_functions_function.image_export.config.EXPORT_RECORDS == "axexampleexam/image-export-records"
    error_message = "Records have no bucket of their own."
  }
}

run "a_tag_and_a_taken_bucket" {
  variables {
    export_new_images = true
    export_tag        = "Operations.Export=yes"
    create_bucket     = false
    bucket_name       = "golden"
    narrow_invocation = false
    par_fallback      = false
  }
  assert {
    condition     = jsondecode(oci_events_rule.image["created-with-tag"].condition).data.definedTags.Operations.Export == "yes"
    error_message = "The rule does not look at the tag."
  }
  assert {
    condition     = keys(oci_events_rule.image) == ["created-with-tag", "exported"]
    error_message = "There are other rules."
  }
  assert {
    condition     = keys(oci_objectstorage_object_lifecycle_policy.tidy) == ["image-export-records"] && length(oci_objectstorage_bucket.images) == 0
    error_message = "The taken bucket is touched."
  }
  assert {
    condition     = anytrue([for statement in oci_identity_policy.image_export.statements : strcontains(statement, "cloudEvents to use functions-family")])
    error_message = "Events has no wider statement."
  }
  assert {
    condition     = alltrue([for statement in oci_identity_policy.image_export.statements : !strcontains(statement, "PAR_MANAGE")])
    error_message = "The function may make pre-authenticated requests that it has no use for."
  }
}

run "a_catch_up_looks_at_no_tags" {
  command = plan
  variables {
    catch_up   = true
    export_tag = "Operations.Export=yes"
  }
  expect_failures = [oci_resource_scheduler_schedule.catch_up]
}

run "a_gateway_needs_keys" {
  command = plan
  variables {
    create_gateway = true
  }
  expect_failures = [oci_apigateway_gateway.image_export]
}

run "containers_come_by_the_score" {
  command = plan
  variables {
    provisioned_concurrency = 30
  }
  expect_failures = [oci_functions_function.image_export]
}
