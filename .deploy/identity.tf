locals {
  allowed_buckets = [
    for place in compact(split(" ", replace(var.allowed_destinations, "/[\\s,]+/", " "))) :
    split("/", place)[1] if startswith(place, "${local.namespace}/")
  ]
  # The statements, once for each bucket that exports may go to. Conditions ignore case: a bucket's name stands
  # for another one that differs in case only.
  policy = {
    for bucket in toset(concat([local.bucket], local.allowed_buckets)) :
    bucket => jsondecode(templatefile("${path.module}/policy.json", {
      name                  = oci_identity_dynamic_group.function.name
      region                = var.region
      compartment_id        = var.compartment_ocid
      images_compartment_id = local.images_compartment_id
      bucket_compartment_id = local.bucket_compartment_id
      bucket                = bucket
      records_bucket        = local.records_bucket
      function_id           = oci_functions_function.image_export.id
      schedule_id           = join("", oci_resource_scheduler_schedule.catch_up[*].id)
    }))
  }
  callers = [
    for caller, is_wanted in { events = var.export_new_images, schedule = var.catch_up, gateway = var.create_gateway } :
    var.narrow_invocation ? caller : "${caller}_documented" if is_wanted
  ]
}

# It is in the default identity domain.
resource "oci_identity_dynamic_group" "function" {
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = var.name
  description    = "The function image-export"
  matching_rule  = "ALL {resource.type = 'fnfunc', resource.id = '${oci_functions_function.image_export.id}'}"
}

# Why each statement of policy.json:
#
# function, 1: To list, read and export images, and to follow an export. No document says which permission
#              ExportImage asks for: if all exports are refused with 404, try without the condition.
#           2: Reading the work request of an export may ask for all that creating an image does.
#           3: To find the work request of an export that has ended.
#           4: Compute looks the bucket up for the function.
#           5: Compute writes the object for the function: in parts, so it needs OBJECT_OVERWRITE also for a new
#              name. By OBJECT_INSPECT the function reads size and checksum.
#           6: To read and replace records.
#           7: To publish. UNCONFIRMED: that reports of failed detached calls need no more.
# fallback:    To make a pre-authenticated request for one object, which can do no more than 5 allows.
# storage:     Object Storage carries out the lifecycle rules.
# The others let Events, the schedule and the gateway call the function.
#
# A change takes up to 15 minutes to reach a running container.
resource "oci_identity_policy" "image_export" {
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = var.name
  description    = "Rights of image-export and of its callers"
  statements = distinct(flatten([
    [for each in values(local.policy) : [each["function"], var.par_fallback ? each["fallback"] : []]],
    [for kind in concat(["storage"], local.callers) : local.policy[local.bucket][kind]],
  ]))
}
