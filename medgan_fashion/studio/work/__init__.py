"""The background process.

`worker` does one lane's jobs, one round at a time; `work` says what each job does.
"""
