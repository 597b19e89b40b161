"""The HTTP side that all services share: problems, paging, the staff's token, the application frame."""
