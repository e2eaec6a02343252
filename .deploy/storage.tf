# `terraform destroy` can't delete a bucket that has objects, and must not: the README's "Remove it" keeps them.
# To deploy again over kept buckets, import them first, this one and oci_objectstorage_bucket.images[0]:
#     terraform import oci_objectstorage_bucket.records n/NAMESPACE/b/image-export-records

resource "oci_objectstorage_bucket" "images" {
  count          = var.create_bucket ? 1 : 0
  compartment_id = local.bucket_compartment_id
  namespace      = local.namespace
  name           = local.bucket
  versioning     = "Enabled"
}

resource "oci_objectstorage_bucket" "records" {
  compartment_id = local.bucket_compartment_id
  namespace      = local.namespace
  name           = local.records_bucket
  versioning     = "Enabled"
}

# Uploads in parts are aborted from the first day: a failed export leaves them behind, and a finished one may, too.
# Nothing deletes or archives records: without its record, an old event is a new request.
resource "oci_objectstorage_object_lifecycle_policy" "tidy" {
  for_each = {
    for name, targets in {
      (local.bucket)         = var.create_bucket ? ["multipart-uploads", "previous-object-versions", "objects"] : []
      (local.records_bucket) = ["previous-object-versions"]
    } : name => targets if length(targets) > 0
  }
  namespace = local.namespace
  bucket    = each.key

  dynamic "rules" {
    for_each = [
      for rule in jsondecode(templatefile("${path.module}/lifecycle-rules.json", { image_days = var.delete_images_after_days })) :
      rule if contains(each.value, rule.target) && rule.timeAmount > 0
    ]
    content {
      name        = rules.value.name
      target      = rules.value.target
      action      = rules.value.action
      time_amount = rules.value.timeAmount
      time_unit   = rules.value.timeUnit
      is_enabled  = true
    }
  }

  # Object Storage has to be allowed to act on the buckets. Where the home region is another one, the policy may
  # arrive too late for the first apply: apply again.
  depends_on = [oci_identity_policy.image_export, oci_objectstorage_bucket.images, oci_objectstorage_bucket.records]
}
