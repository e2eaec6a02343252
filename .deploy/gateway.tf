locals {
  # In the form of the API, which the tests' gateway takes.
  specification = jsondecode(templatefile("${path.module}/gateway-specification.json", {
    function_id         = oci_functions_function.image_export.id
    jwks_url            = var.gateway_jwks_url
    token_issuer        = var.gateway_token_issuer
    token_audience      = var.gateway_token_audience
    requests_per_second = var.gateway_requests_per_second
  }))
  authentication = local.specification.requestPolicies.authentication
  validation     = local.authentication.validationPolicy
}

resource "oci_apigateway_gateway" "image_export" {
  count          = var.create_gateway ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = var.name
  endpoint_type  = var.gateway_is_public ? "PUBLIC" : "PRIVATE"
  subnet_id      = coalesce(var.gateway_subnet_ocid, var.subnet_ocid)

  lifecycle {
    precondition {
      condition     = var.gateway_jwks_url != ""
      error_message = "The gateway needs gateway_jwks_url: without it nobody's token can be checked."
    }
  }
}

resource "oci_apigateway_deployment" "image_export" {
  count          = var.create_gateway ? 1 : 0
  compartment_id = var.compartment_ocid
  display_name   = var.name
  gateway_id     = oci_apigateway_gateway.image_export[0].id
  path_prefix    = "/image-export"

  specification {
    request_policies {
      authentication {
        type                        = local.authentication.type
        token_header                = local.authentication.tokenHeader
        token_auth_scheme           = local.authentication.tokenAuthScheme
        is_anonymous_access_allowed = local.authentication.isAnonymousAccessAllowed
        validation_policy {
          type                        = local.validation.type
          uri                         = local.validation.uri
          max_cache_duration_in_hours = local.validation.maxCacheDurationInHours
          additional_validation_policy {
            issuers   = local.validation.additionalValidationPolicy.issuers
            audiences = local.validation.additionalValidationPolicy.audiences
          }
        }
      }
      rate_limiting {
        rate_in_requests_per_second = local.specification.requestPolicies.rateLimiting.rateInRequestsPerSecond
        rate_key                    = local.specification.requestPolicies.rateLimiting.rateKey
      }
    }

    dynamic "routes" {
      for_each = local.specification.routes
      content {
        path    = routes.value.path
        methods = routes.value.methods
        backend {
          type        = routes.value.backend.type
          function_id = routes.value.backend.functionId
        }
        request_policies {
          header_transformations {
            filter_headers {
              type = routes.value.requestPolicies.headerTransformations.filterHeaders.type
              dynamic "items" {
                for_each = routes.value.requestPolicies.headerTransformations.filterHeaders.items
                content {
                  name = items.value.name
                }
              }
            }
          }
        }
      }
    }
  }
}
