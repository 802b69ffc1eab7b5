import boto3

client = boto3.client("bedrock")

# Create a job to fine-tune a base model
response = client.
