# Where

variable "tenancy_ocid" {
  type        = string
  description = "OCID of the tenancy. Resource Manager fills it in."
  validation {
    condition     = can(regex("^ocid1\\.tenancy\\.[^'\"]+$", var.tenancy_ocid))
    error_message = "Must be the OCID of a tenancy."
  }
}

variable "region" {
  type        = string
  description = "Region of the images, the bucket and the function, such as us-phoenix-1. Compute exports to a bucket of the image's own region."
  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.region))
    error_message = "Must be a region's name."
  }
}

variable "compartment_ocid" {
  type        = string
  description = "Compartment of the function, its topics, log, alarms, schedule and gateway."
  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.[^'\"]+$", var.compartment_ocid))
    error_message = "Must be the OCID of a compartment."
  }
}

variable "images_compartment_ocid" {
  type        = string
  description = "Compartment of the images. Empty: that of the function."
  default     = ""
  validation {
    condition     = can(regex("^(ocid1\\.(compartment|tenancy)\\.[^'\"]+)?$", var.images_compartment_ocid))
    error_message = "Must be the OCID of a compartment, or empty."
  }
}

variable "bucket_compartment_ocid" {
  type        = string
  description = "Compartment of the buckets. Empty: that of the function."
  default     = ""
  validation {
    condition     = can(regex("^(ocid1\\.(compartment|tenancy)\\.[^'\"]+)?$", var.bucket_compartment_ocid))
    error_message = "Must be the OCID of a compartment, or empty."
  }
}

variable "name" {
  type        = string
  description = "Name of all that is created, or its beginning. Another name makes a second deployment in the same tenancy."
  default     = "image-export"
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,49}$", var.name))
    error_message = "Must begin with a letter, and have at most 50 letters, digits and hyphens."
  }
}

# The function

variable "image" {
  type        = string
  description = "The function's container image, pushed before, with its tag: phx.ocir.io/namespace/image-export:0.3.0."
  validation {
    condition     = can(regex("^[a-z0-9.-]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+$", var.image))
    error_message = "Must be a registry, a repository and a tag."
  }
}

variable "subnet_ocid" {
  type        = string
  description = "Subnet of the function. It has to reach OCI's services, through a service gateway or NAT."
  validation {
    condition     = can(regex("^ocid1\\.subnet\\.", var.subnet_ocid))
    error_message = "Must be the OCID of a subnet."
  }
}

variable "shape" {
  type        = string
  description = "Architecture of the image."
  default     = "GENERIC_X86"
  validation {
    condition     = contains(["GENERIC_X86", "GENERIC_ARM", "GENERIC_X86_ARM"], var.shape)
    error_message = "Must be GENERIC_X86, GENERIC_ARM or GENERIC_X86_ARM."
  }
}

variable "memory_in_mbs" {
  type        = number
  description = "Memory of the function in MB. 128 are too few for the SDK."
  default     = 256
  validation {
    condition     = contains([256, 512, 1024, 2048, 3072], var.memory_in_mbs)
    error_message = "Must be 256, 512, 1024, 2048 or 3072."
  }
}

variable "timeout_in_seconds" {
  type        = number
  description = "Time of one call, retries included."
  default     = 120
  validation {
    condition     = var.timeout_in_seconds >= 30 && var.timeout_in_seconds <= 300
    error_message = "Must be 30 to 300."
  }
}

variable "detached_timeout_in_seconds" {
  type        = number
  description = "Time of a detached call, 5 to 3600. Its failure is reported to the operators' topic. 0: as other calls, and not reported."
  default     = 0
  validation {
    condition     = var.detached_timeout_in_seconds == 0 || (var.detached_timeout_in_seconds >= 5 && var.detached_timeout_in_seconds <= 3600)
    error_message = "Must be 0, or 5 to 3600."
  }
}

variable "provisioned_concurrency" {
  type        = number
  description = "Containers that stand ready, and cost while they do: a multiple of 20 with 256 MB, of 10 with more. 0: none. Build the image with the entry point `python3 func.py`, or a first call loads the function all the same."
  default     = 0
  validation {
    condition     = var.provisioned_concurrency >= 0 && var.provisioned_concurrency % 10 == 0
    error_message = "Must be a multiple of 20 with 256 MB, of 10 with more, or 0."
  }
}

# What is exported, and where

variable "export_new_images" {
  type        = bool
  description = "Exports EVERY image that is created or imported in the images' compartment and those below it, and announces endings. Turn it on once the export of one small image was seen."
  default     = false
}

variable "catch_up" {
  type        = bool
  description = "Exports, each hour, EVERY image of the images' compartment that is not in the bucket yet, those of before the installation included, and announces endings that were missed. Turn it on once the export of one small image was seen."
  default     = false
}

variable "export_tag" {
  type        = string
  description = "Exports of the new images only those with this defined tag: Namespace.Key=Value. Empty: all. A catch-up looks at no tags, so the two exclude each other."
  default     = ""
  validation {
    condition     = can(regex("^([^.=\"$]+\\.[^.=\"$]+=[^\"$]+)?$", var.export_tag))
    error_message = "Must be Namespace.Key=Value, or empty."
  }
}

variable "create_bucket" {
  type        = bool
  description = "Creates the bucket, with versioning and lifecycle rules. False: bucket_name is there already, and is left as it is; give it a lifecycle rule that aborts unfinished multipart uploads."
  default     = true
}

variable "bucket_name" {
  type        = string
  description = "Bucket of the exported images. Empty: name and -images."
  default     = ""
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{0,256}$", var.bucket_name))
    error_message = "Must have letters, digits, hyphens, underscores and periods."
  }
}

variable "delete_images_after_days" {
  type        = number
  description = "Days after which the created bucket deletes an exported image. 0: never."
  default     = 0
  validation {
    condition     = var.delete_images_after_days >= 0
    error_message = "Must not be negative."
  }
}

variable "export_object_name" {
  type        = string
  description = "EXPORT_OBJECT_NAME: name of the object of an event. Empty: the function's default."
  default     = ""
  validation {
    condition     = can(regex("^([^{}]|\\{[a-z_]+\\})*$", var.export_object_name))
    error_message = "Must have nothing in braces but a placeholder's name."
  }
}

variable "export_format" {
  type        = string
  description = "EXPORT_FORMAT: format for events. VHD and VDI can't be imported again."
  default     = "OCI"
  validation {
    condition     = contains(["OCI", "QCOW2", "VDI", "VHD", "VMDK"], var.export_format)
    error_message = "Must be OCI, QCOW2, VDI, VHD or VMDK."
  }
}

variable "allowed_destinations" {
  type        = string
  description = "ALLOWED_DESTINATIONS: where else callers may export to, as namespace/bucket or namespace/bucket/prefix, with spaces or commas between. The buckets have to be in the buckets' compartment."
  default     = ""
  validation {
    condition     = can(regex("^([\\w-]+/[\\w.-]+(/[^\\s,/]+)*([\\s,]+|$))*$", var.allowed_destinations))
    error_message = "Must be namespace/bucket or namespace/bucket/prefix, without a slash at the end."
  }
}

variable "par_fallback" {
  type        = bool
  description = "PAR_FALLBACK: whether an export refused with `Invalid bucketName` goes through a pre-authenticated request that the function makes."
  default     = true
}

variable "par_hours" {
  type        = number
  description = "PAR_HOURS: how long such a request lives."
  default     = 24
  validation {
    condition     = var.par_hours >= 1 && var.par_hours <= 168
    error_message = "Must be 1 to 168."
  }
}

variable "compute_endpoint" {
  type        = string
  description = "COMPUTE_ENDPOINT, for private clouds. Empty: the region's."
  default     = ""
  validation {
    condition     = can(regex("^(https://[^/\\s]+)?$", var.compute_endpoint))
    error_message = "Must be an https URL without a path, or empty."
  }
}

variable "notification_endpoint" {
  type        = string
  description = "NOTIFICATION_ENDPOINT, for private clouds. Empty: the region's."
  default     = ""
  validation {
    condition     = can(regex("^(https://[^/\\s]+)?$", var.notification_endpoint))
    error_message = "Must be an https URL without a path, or empty."
  }
}

variable "object_storage_endpoint" {
  type        = string
  description = "OBJECT_STORAGE_ENDPOINT, for private clouds. Empty: the region's."
  default     = ""
  validation {
    condition     = can(regex("^(https://[^/\\s]+)?$", var.object_storage_endpoint))
    error_message = "Must be an https URL without a path, or empty."
  }
}

variable "log_level" {
  type        = string
  description = "LOG_LEVEL of the function."
  default     = "INFO"
  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "Must be DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

# Who hears of it

variable "email" {
  type        = string
  description = "Address that hears of exports; it gets at most 10 messages a minute. Whoever has it has to confirm. Empty: none."
  default     = ""
  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.email))
    error_message = "Must be an e-mail address, or empty."
  }
}

variable "operators_email" {
  type        = string
  description = "Address that hears of alarms and of failed detached calls. Empty: the other one."
  default     = ""
  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.operators_email))
    error_message = "Must be an e-mail address, or empty."
  }
}

# Who may call

variable "narrow_invocation" {
  type        = bool
  description = "Lets Events, the schedule and the gateway call this function only, by target.function.id. No page proves that condition for all three: if calls are refused, set this to false, for the documented and wider statements on all functions of the compartment."
  default     = true
}

variable "create_gateway" {
  type        = bool
  description = "Creates an API gateway for callers over HTTP. It asks every caller for a token: there is no way to have it without."
  default     = false
}

variable "gateway_subnet_ocid" {
  type        = string
  description = "Subnet of the gateway. Empty: that of the function."
  default     = ""
  validation {
    condition     = can(regex("^(ocid1\\.subnet\\..+)?$", var.gateway_subnet_ocid))
    error_message = "Must be the OCID of a subnet, or empty."
  }
}

variable "gateway_is_public" {
  type        = bool
  description = "Whether the gateway can be reached from the internet. It then needs a public subnet."
  default     = false
}

variable "gateway_jwks_url" {
  type        = string
  description = "Where your identity provider has its public keys: https://idcs-….identity.oraclecloud.com/admin/v1/SigningCert/jwk."
  default     = ""
  validation {
    condition     = can(regex("^(https://[^\\s\"$]+)?$", var.gateway_jwks_url))
    error_message = "Must be an https URL, or empty."
  }
}

variable "gateway_token_issuer" {
  type        = string
  description = "Issuer that a caller's token has to name."
  default     = "https://identity.oraclecloud.com/"
  validation {
    condition     = can(regex("^[^\\s\"$]+$", var.gateway_token_issuer))
    error_message = "Must not be empty."
  }
}

variable "gateway_token_audience" {
  type        = string
  description = "Audience that a caller's token has to name."
  default     = "image-export"
  validation {
    condition     = can(regex("^[^\\s\"$]+$", var.gateway_token_audience))
    error_message = "Must not be empty."
  }
}

variable "gateway_requests_per_second" {
  type        = number
  description = "Requests a second of all callers together. The topic takes 60 messages a minute, one for each export that begins and one for each that ends."
  default     = 10
  validation {
    condition     = var.gateway_requests_per_second >= 1
    error_message = "Must be at least 1."
  }
}
