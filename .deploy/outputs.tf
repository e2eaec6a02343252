output "function_ocid" {
  value       = oci_functions_function.image_export.id
  description = "OCID of the function."
}

output "topic_ocid" {
  value       = oci_ons_notification_topic.exports.id
  description = "OCID of the topic that exports are announced on."
}

output "log" {
  value       = "${var.compartment_ocid}/${oci_logging_log_group.image_export.id}/${oci_logging_log.image_export.id}"
  description = "The function's log, as a search names it."
}

output "gateway_url" {
  value       = one(oci_apigateway_deployment.image_export[*].endpoint)
  description = "Base URL for callers over HTTP, where there is a gateway."
}

output "try_it" {
  description = "Lines to try it: a dry run, then the export of one small image."
  value       = <<-EOT
    IMAGE_ID=ocid1.image.oc1.phx.example  # a small one
    EXPORT='"imageId": "'$IMAGE_ID'", "exportImageDetails": {"destinationType": "objectStorageTuple", "namespaceName": "${local.namespace}", "bucketName": "${local.bucket}", "objectName": "first/'$IMAGE_ID'.oci"}'
    oci fn function invoke --region ${var.region} --function-id ${oci_functions_function.image_export.id} --file - --body "{$EXPORT, \"dryRun\": true}"
    oci fn function invoke --region ${var.region} --function-id ${oci_functions_function.image_export.id} --file - --body "{$EXPORT}"
  EOT
}
