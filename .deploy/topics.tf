# One for subscribers to exports, one for operators: alarms and invocation records have other forms.

resource "oci_ons_notification_topic" "exports" {
  compartment_id = var.compartment_ocid
  name           = var.name
  description    = "What image-export publishes"
}

resource "oci_ons_notification_topic" "operators" {
  compartment_id = var.compartment_ocid
  name           = "${var.name}-operators"
  description    = "Alarms of image-export"
}

# They stay pending until the link in the e-mail is followed.
resource "oci_ons_subscription" "exports" {
  for_each       = toset(compact([var.email]))
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.exports.id
  protocol       = "EMAIL"
  endpoint       = each.key
}

resource "oci_ons_subscription" "operators" {
  for_each       = toset(compact([var.operators_email == "" ? var.email : var.operators_email]))
  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.operators.id
  protocol       = "EMAIL"
  endpoint       = each.key
}
