import boto3

s3 = boto3.client("s3")

# list all buckets
response = s3.
