# UNCONFIRMED: the metric FunctionResponseCount, which other public stacks use, and whether a failed invocation counts
# as its `Error`. Oracle's "Function Metrics" has the namespace and the dimensions resourceId and responseType
# (Success, Error or Throttled); its "Events Metrics" has all that the other alarm uses.

resource "oci_monitoring_alarm" "function_fails" {
  compartment_id        = var.compartment_ocid
  metric_compartment_id = var.compartment_ocid
  display_name          = "${var.name}: the function fails"
  namespace             = "oci_faas"
  query                 = "FunctionResponseCount[1m]{resourceId = \"${oci_functions_function.image_export.id}\", responseType = \"Error\"}.sum() > 0"
  severity              = "ERROR"
  body                  = "An invocation of image-export failed. Search the log ${var.name} for the level ERROR. An event is delivered again, which is safe."
  message_format        = "ONS_OPTIMIZED"
  destinations          = [oci_ons_notification_topic.operators.id]
  is_enabled            = true
}

resource "oci_monitoring_alarm" "events_not_delivered" {
  count                 = var.export_new_images ? 1 : 0
  compartment_id        = var.compartment_ocid
  metric_compartment_id = local.images_compartment_id
  display_name          = "${var.name}: Events can't deliver"
  namespace             = "oci_cloudevents"
  query                 = "DeliveryFailedEvents[1m]{resourceId =~ \"${join("|", [for rule in oci_events_rule.image : rule.id])}\"}.sum() > 0"
  severity              = "CRITICAL"
  body                  = "Events could not hand an event to image-export. If the function does not fail, Events may not call it: try narrow_invocation = false."
  message_format        = "ONS_OPTIMIZED"
  destinations          = [oci_ons_notification_topic.operators.id]
  is_enabled            = true
}
