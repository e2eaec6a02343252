# One rule starts exports, the other announces how they ended. They see their compartment and those below it.

locals {
  tag = regex("^(?:(?P<namespace>[^.]+)\\.(?P<key>[^=]+)=(?P<value>.+))?$", var.export_tag)
  rule_conditions = {
    for name, condition in jsondecode(templatefile("${path.module}/rule-conditions.json", {
      tag_namespace = coalesce(local.tag.namespace, "-")
      tag_key       = coalesce(local.tag.key, "-")
      tag_value     = coalesce(local.tag.value, "-")
    })) : name => condition if name != (var.export_tag == "" ? "created-with-tag" : "created")
  }
}

resource "oci_events_rule" "image" {
  for_each       = { for name, condition in local.rule_conditions : name => condition if var.export_new_images }
  compartment_id = local.images_compartment_id
  display_name   = "${var.name}-${each.key}"
  is_enabled     = true
  condition      = jsonencode(each.value)

  actions {
    action {
      action_type = "FAAS"
      is_enabled  = true
      function_id = oci_functions_function.image_export.id
    }
  }
}

data "oci_identity_compartment" "images" {
  count = var.catch_up ? 1 : 0
  id    = local.images_compartment_id
}

# Compute forgets a work request after twelve hours, so a run has to come every six at least.
resource "oci_resource_scheduler_schedule" "catch_up" {
  count              = var.catch_up ? 1 : 0
  compartment_id     = var.compartment_ocid
  display_name       = "${var.name}-catch-up"
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = "0 * * * *"

  resources {
    id = oci_functions_function.image_export.id
    parameters {
      parameter_type = "BODY"
      value = [templatefile("${path.module}/schedule-body.json", {
        compartment_id   = local.images_compartment_id
        compartment_name = one(data.oci_identity_compartment.images).name
      })]
    }
  }

  lifecycle {
    precondition {
      condition     = var.export_tag == ""
      error_message = "A catch-up exports every image, whatever its tags: leave out export_tag or catch_up."
    }
  }
}
