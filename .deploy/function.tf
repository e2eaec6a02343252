resource "oci_functions_application" "image_export" {
  compartment_id = var.compartment_ocid
  display_name   = var.name
  subnet_ids     = [var.subnet_ocid]
  shape          = var.shape
}

resource "oci_functions_function" "image_export" {
  application_id                   = oci_functions_application.image_export.id
  display_name                     = var.name
  image                            = var.image
  memory_in_mbs                    = var.memory_in_mbs
  timeout_in_seconds               = var.timeout_in_seconds
  detached_mode_timeout_in_seconds = var.detached_timeout_in_seconds == 0 ? null : var.detached_timeout_in_seconds

  # A change takes effect with the next container. Other keys, such as HTTPS_PROXY and REQUESTS_CA_BUNDLE, can be put
  # into the configuration of the application, which Terraform leaves as it is.
  config = {
    for key, value in {
      TOPIC_ID                = oci_ons_notification_topic.exports.id
      EXPORT_NAMESPACE        = local.namespace
      EXPORT_BUCKET           = local.bucket
      EXPORT_OBJECT_NAME      = var.export_object_name
      EXPORT_FORMAT           = var.export_format
      ALLOWED_DESTINATIONS    = var.allowed_destinations
      EXPORT_RECORDS          = "${local.namespace}/${local.records_bucket}"
      PAR_FALLBACK            = tostring(var.par_fallback)
      PAR_HOURS               = tostring(var.par_hours)
      COMPUTE_ENDPOINT        = var.compute_endpoint
      NOTIFICATION_ENDPOINT   = var.notification_endpoint
      OBJECT_STORAGE_ENDPOINT = var.object_storage_endpoint
      LOG_LEVEL               = var.log_level
    } : key => value if value != ""
  }

  dynamic "failure_destination" {
    for_each = var.detached_timeout_in_seconds == 0 ? [] : [oci_ons_notification_topic.operators.id]
    content {
      kind     = "NOTIFICATION"
      topic_id = failure_destination.value
    }
  }

  dynamic "provisioned_concurrency_config" {
    for_each = var.provisioned_concurrency == 0 ? [] : [var.provisioned_concurrency]
    content {
      strategy = "CONSTANT"
      count    = provisioned_concurrency_config.value
    }
  }

  lifecycle {
    precondition {
      condition     = var.provisioned_concurrency % (var.memory_in_mbs == 256 ? 20 : 10) == 0
      error_message = "With 256 MB, provisioned_concurrency is a multiple of 20."
    }
  }
}

# Without a log, what the function writes is lost.
resource "oci_logging_log_group" "image_export" {
  compartment_id = var.compartment_ocid
  display_name   = var.name
}

resource "oci_logging_log" "image_export" {
  log_group_id       = oci_logging_log_group.image_export.id
  display_name       = var.name
  log_type           = "SERVICE"
  is_enabled         = true
  retention_duration = 30

  configuration {
    compartment_id = var.compartment_ocid
    source {
      source_type = "OCISERVICE"
      service     = "functions"
      resource    = oci_functions_application.image_export.id
      category    = "invoke"
    }
  }
}
