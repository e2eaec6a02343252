# Deploys image-export: on a laptop by `terraform apply`, in the cloud by Resource Manager (schema.yaml is its form).
#
# NOBODY HAS APPLIED THIS TO A REAL TENANCY YET. It was held against the provider's schema, and what it shares
# with the function runs on the local cloud of the tests. The JSON files are those shared documents: the tests
# enforce the policy, route by the gateway's specification, and deliver events by the rules' conditions.

terraform {
  # Resource Manager offers no later version than 1.5.
  required_version = ">= 1.5"
  required_providers {
    oci = {
      source  = "oracle/oci"
      version = "~> 8.28"
    }
  }
}

# The profile DEFAULT of ~/.oci/config, or what Resource Manager hands in.
provider "oci" {
  region = var.region
}

# IAM is written in the tenancy's home region only.
provider "oci" {
  alias  = "home"
  region = one([for each in data.oci_identity_region_subscriptions.all.region_subscriptions : each.region_name if each.is_home_region])
}

data "oci_identity_region_subscriptions" "all" {
  tenancy_id = var.tenancy_ocid
}

data "oci_objectstorage_namespace" "tenancy" {
  compartment_id = var.tenancy_ocid
}

locals {
  namespace             = data.oci_objectstorage_namespace.tenancy.namespace
  images_compartment_id = coalesce(var.images_compartment_ocid, var.compartment_ocid)
  bucket_compartment_id = coalesce(var.bucket_compartment_ocid, var.compartment_ocid)
  bucket                = coalesce(var.bucket_name, "${var.name}-images")
  # A bucket of their own, where no export can go.
  records_bucket = "${var.name}-records"
}
